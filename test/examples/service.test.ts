import { beforeEach, describe, expect, it, vi } from "vitest";
import { ADDRESS, METHODS, map, observedService, originsOf, PGM, post, RAW, respondWith } from "../support/service.ts";

const { create, logged, log, respond: shared } = observedService();

describe("pages of other origins", () => {
  const ours = "https://digits.example";
  const get = (origin: string | undefined, init: RequestInit = {}) =>
    new Request(ADDRESS, { ...init, headers: { ...init.headers, ...(origin && { origin }) } });
  const preflight = (origin: string) =>
    get(origin, { method: "OPTIONS", headers: { "access-control-request-method": "POST" } });
  const cors = ({ headers }: Response) => [headers.get("access-control-allow-origin"), headers.get("vary")];

  it.each<readonly ["*" | string[] | undefined, string, (string | null)[], number]>([
    [undefined, ours, [null, null], 403],
    ["*", ours, ["*", null], 204],
    [[ours, "https://other.example"], ours, [ours, "origin"], 204],
    [[ours], "https://evil.example", [null, "origin"], 403],
    [[ours], "https://digits.example.evil.example", [null, "origin"], 403],
    [[ours], "null", [null, "origin"], 403],
  ])("where %j are allowed, %s gets what it may", async (origins, origin, wanted, status) => {
    const respond = respondWith(create, { log, ...(origins && { origins }) });
    const answer = await respond(get(origin));
    // The answer is the same; it is the browser that keeps it from the page.
    expect([answer.status, ...cors(answer)]).toEqual([200, ...wanted]);
    const first = await respond(preflight(origin));
    expect([first.status, ...cors(first)]).toEqual([status, ...wanted]);
    expect(first.headers.get("access-control-allow-methods")).toBe(status === 204 ? METHODS : null);
    if (status === 403) expect(await first.json()).toEqual({ error: expect.stringContaining(origin) });
    else expect(first.headers.get("access-control-allow-headers")).toBe("content-type, x-request-id");
  });

  it("may see refusals and the request's id as well", async () => {
    const respond = respondWith(create, { log, origins: [ours] });
    const answer = await respond(get(ours, { method: "POST", body: "x" }));
    expect([answer.status, ...cors(answer)]).toEqual([415, ours, "origin"]);
    expect(answer.headers.get("access-control-expose-headers")).toBe("x-request-id");
  });

  it.each([
    ["*", "*"],
    ["", []],
    [undefined, []],
    [
      " https://a.example, http://localhost:8080\nhttps://b.example",
      ["https://a.example", "http://localhost:8080", "https://b.example"],
    ],
  ])("%j names %j", (setting, origins) => {
    expect(originsOf(setting)).toEqual(origins);
  });

  it.each([
    "example.org",
    "https://example.org/",
    "https://example.org/page",
    "null",
    "file:///x",
    "*, https://a.example",
  ])("%j names none", (setting) => {
    expect(() => originsOf(setting)).toThrow(/^allowed origins: got .+, wanted \* or origins such as https:/);
  });
});

describe("the log", () => {
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

  it("has a line for each request, with the id that the answer carries", async () => {
    const answers = [
      await shared(post(map, PGM)),
      await shared(new Request(`${ADDRESS}health?token=secret`)),
      await shared(new Request(`${ADDRESS}x\u001b[1m`, { method: "DELETE", headers: { "x-request-id": "a-1.b:c_D" } })),
    ];
    const entry = {
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      id: expect.stringMatching(UUID),
      ms: expect.any(Number),
    };
    const error = "got the path /x%1B[1m, wanted / or /read or /health";
    expect(logged).toEqual([
      { ...entry, method: "POST", path: "/", status: 200, error: undefined, cause: undefined },
      { ...entry, method: "GET", path: "/health", status: 200, error: undefined, cause: undefined },
      { ...entry, id: "a-1.b:c_D", method: "DELETE", path: "/x%1B[1m", status: 404, error, cause: undefined },
    ]);
    expect(answers.map(({ headers }) => headers.get("x-request-id"))).toEqual(logged.map(({ id }) => id));
    for (const { headers } of answers) expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it.each(["", "a b", "a".repeat(65), "é", 'a"b', "a\tb"])("makes an id instead of %j", async (id) => {
    const answer = await shared(new Request(ADDRESS, { headers: { "x-request-id": id } }));
    expect(answer.headers.get("x-request-id")).toMatch(UUID);
  });

  it("is printed as lines of JSON where nothing else is said", async () => {
    const printed = vi.spyOn(console, "log").mockReturnValue();
    await respondWith(create)(new Request(`${ADDRESS}nowhere`));
    const lines = printed.mock.calls.map(([line]) => line as string);
    printed.mockRestore();
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ method: "GET", path: "/nowhere", status: 404 });
  });

  it("costs no answer where it fails", async () => {
    const respond = respondWith(create, {
      log: () => {
        throw new Error("the disk is full");
      },
    });
    expect((await respond(post(map, PGM))).status).toBe(200);
  });
});

describe("the service", () => {
  beforeEach(() => {
    create.mockClear();
  });

  it("tells what it wants", async () => {
    const response = await shared(new Request(ADDRESS));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(await response.text()).toContain("POST a picture of a digit, as");
    const head = await shared(new Request(ADDRESS, { method: "HEAD" }));
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("makes one classifier, on the first image, with bounded effort", async () => {
    const respond = respondWith(create, { log });
    await respond(new Request(ADDRESS));
    await respond(post(new Uint8Array(3), RAW));
    expect(create).not.toHaveBeenCalled();
    const answers = await Promise.all([1, 2, 3].map(() => respond(post(map, PGM))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(create.mock.calls).toEqual([[{ effort: "standard" }]]);
  });

  it("tries again where a classifier could not be made, and keeps the reason to itself", async () => {
    create.mockRejectedValueOnce(new Error("no memory in /secret"));
    const respond = respondWith(create, { log });
    const failed = await respond(post(map, PGM));
    expect([failed.status, await failed.json()]).toEqual([500, { error: "the image could not be classified" }]);
    expect(logged).toMatchObject([{ status: 500, cause: expect.stringContaining("no memory in /secret") }]);
    expect((await respond(post(map, PGM))).status).toBe(200);
  });

  it("tells whether it can classify, and is not well for ever after a failure", async () => {
    create.mockRejectedValueOnce(new Error("no memory in /secret"));
    const respond = respondWith(create, { log });
    const health = () => respond(new Request(`${ADDRESS}health`));
    const ill = await health();
    expect([ill.status, ill.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await ill.json()).toEqual({ error: "the classifier could not be made" });
    expect(logged).toMatchObject([{ status: 503, cause: expect.stringContaining("no memory in /secret") }]);
    const well = await health();
    expect([well.status, await well.json()]).toEqual([200, { status: "ok" }]);
    expect(create).toHaveBeenCalledTimes(2);
    expect((await respond(new Request(`${ADDRESS}health`, { method: "POST" }))).headers.get("allow")).toBe(
      "GET, HEAD, OPTIONS",
    );
  });

  it("tells its methods to whoever asks", async () => {
    const answer = await shared(new Request(ADDRESS, { method: "OPTIONS" }));
    expect([answer.status, answer.headers.get("allow"), await answer.text()]).toEqual([204, METHODS, ""]);
  });
});
