import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { createClassifier } from "../../../src/entries/module.ts";
import { UNPLEASANT } from "../../support/odd-values.ts";
import { map, type RequestParts, respondWith } from "../../support/service.ts";
import { Choices } from "../choices.ts";
import { demand, type Ending, STEERING } from "../contract.ts";
import type { Target } from "../target.ts";

const TYPES = ["image/png", "image/jpeg", "application/json", "application/octet-stream", "image/x-portable-graymap"];
const JSON_TYPE = "application/json";
const METHODS = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "TRACE", "constructor", "__proto__"];
const PATHS = ["/", "/read", "/health", "//", "/__proto__", "/constructor", "/é"];
const STATUSES = [200, 204, 400, 403, 404, 405, 408, 413, 415];
const HEADERS = [
  "content-length",
  "content-encoding",
  "origin",
  "x-request-id",
  "access-control-request-method",
  "access-control-request-headers",
];
const VALUES = ["*", "null", "https://a.example", "-1", "1e99", "70000", "784", "gzip", "GET", "POST"];

const grey = Uint8Array.from({ length: 40 * 30 }, (_, index) => (index * 31) % 251);
const pictures = [
  encodePng({ data: grey, width: 40, height: 30, channels: 1 }),
  encodePng({ data: grey, width: 20, height: 15, channels: 4 }, { interlace: "Adam7" }),
  jpeg.encode({ data: grey, width: 20, height: 15 }, 80).data,
  map,
];
const PICTURE_TYPES = ["image/png", "image/png", "image/jpeg", "image/x-portable-graymap"];

/** A body, and the type that it would have by rights. */
function anyBody(choices: Choices): { bytes: Uint8Array; type: string } {
  const which = choices.byte() % pictures.length;
  const bytes = Uint8Array.from(pictures[which] as Uint8Array);
  for (let count = choices.byte() % 4; count > 0; --count) {
    bytes[choices.rarely(2) ? choices.below(65_536) % bytes.length : choices.byte() % 64] = choices.byte();
  }
  const cut = choices.rarely(8) ? bytes.subarray(0, choices.below(65_536) % bytes.length) : bytes;
  const text = Buffer.from(cut).toString("base64");
  const json = (value: unknown) => ({ bytes: Buffer.from(JSON.stringify(value)), type: JSON_TYPE });
  switch (choices.byte() % 10) {
    case 0:
      return { bytes: choices.rest(), type: choices.pick(TYPES) };
    case 1:
      return json(choices.rarely(2) ? text : { image: `data:image/png;base64,${text}` });
    case 2:
      return json([text, { image: text }, Array(784).fill(choices.number())]);
    case 3:
      return json(Array.from(choices.values(784)));
    case 4:
      return { bytes: Buffer.from(`${"[".repeat(choices.byte() * 50)}${choices.text(30)}`, "latin1"), type: JSON_TYPE };
    case 5:
      return {
        bytes: new Uint8Array(784 * choices.byte() + (choices.rarely(4) ? 1 : 0)).fill(choices.byte()),
        type: "application/octet-stream",
      };
    default:
      return { bytes: cut, type: PICTURE_TYPES[which] as string };
  }
}

function streamOf(bytes: Uint8Array, piece: number, end: number): RequestParts["body"] {
  let from = 0;
  const never = new Promise<void>(() => {});
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (from < bytes.length) controller.enqueue(new Uint8Array(bytes.subarray(from, from + piece)));
        else if (end === 30) controller.error(new Error("the line is dead"));
        else if (end === 31) return never;
        else controller.close();
        from += piece;
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
}

function anyHeader(choices: Choices): string {
  if (choices.rarely(3)) return choices.pick(VALUES);
  // As servers let them pass: any byte but those that end a line.
  return choices.rarely(4)
    ? "x".repeat(100 * choices.byte())
    : choices
        .text(40)
        .replace(/[\0\r\n]/g, "")
        .trim();
}

/** The handler of the services in examples, called in this process. */
export const service: Target = {
  name: "service",
  length: 120,
  async prepare({ module }) {
    const lines: { status: number; method: string; path: string }[] = [];
    const respond = respondWith(async (options) => createClassifier({ ...options, effort: "quick", module }), {
      origins: ["https://a.example"],
      bodyMilliseconds: 5,
      log: (entry) => lines.push(entry),
    });
    const ask = (): Promise<Response> =>
      respond({
        url: "http://localhost/",
        method: "POST",
        headers: new Headers({ "content-type": "image/x-portable-graymap" }),
        body: streamOf(new Uint8Array(map), 1000, 0),
      });
    const known = await (await ask()).text();
    let cases = 0;
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      const choices = new Choices(bytes);
      const method = choices.rarely(4)
        ? choices.rarely(2)
          ? choices.pick(UNPLEASANT)
          : choices.pick(METHODS)
        : "POST";
      const path = choices.rarely(4)
        ? choices.rarely(2)
          ? choices.text(30)
          : choices.pick(PATHS)
        : choices.pick(["/", "/read"]);
      const url = choices.rarely(32) ? choices.pick(["", "*", ...UNPLEASANT]) : `http://localhost${path}`;
      const headers = new Headers();
      const { bytes: content, type } = anyBody(choices);
      if (choices.rarely(8)) headers.set("content-type", choices.rarely(2) ? anyHeader(choices) : choices.pick(TYPES));
      else if (!choices.rarely(16)) headers.set("content-type", type);
      while (choices.rarely(8)) headers.set(choices.pick(HEADERS), anyHeader(choices));
      const end = choices.byte() % 32;
      const piece = 1 + choices.below(9000);
      const body = choices.rarely(32) ? null : streamOf(content, piece, end);
      lines.length = 0;
      const response = await respond({ url, method, headers, body });
      const { status } = response;
      const answer = await response.text();
      const shown = (): string =>
        `${status} to ${JSON.stringify(method).slice(0, 80)} ${JSON.stringify(url).slice(0, 80)}: ${answer.slice(0, 300)} ${JSON.stringify(lines[0])}`;
      demand(STATUSES.includes(status), shown);
      demand(response.headers.get("x-content-type-options") === "nosniff", shown);
      demand(/^[\w.:-]{1,64}$/.test(response.headers.get("x-request-id") ?? ""), shown);
      demand(answer.length < (status === 200 ? 50 * 1024 : 1024), shown);
      if (status >= 400 && method !== "HEAD") {
        const { error, ...rest } = JSON.parse(answer) as { error: string };
        demand(Object.keys(rest).length === 0 && error.length > 10 && !STEERING.test(error), shown);
      }
      const [line] = lines;
      demand(lines.length === 1 && line?.status === status && JSON.stringify(line).length < 1024, shown);
      demand(![line?.method, line?.path].some((text) => STEERING.test(text ?? "")), shown);
      if (++cases % 8 === 0)
        demand((await (await ask()).text()) === known, () => "a known picture gets another answer");
      return status < 400 ? "answered" : "refused";
    };
    return { trial };
  },
};
