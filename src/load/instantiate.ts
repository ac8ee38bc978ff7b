import { checkBytes } from "../arguments/checks.ts";
import { shownText } from "../arguments/printable.ts";
import { kindOf, shown } from "../arguments/shown.ts";
import { bytesKind, bytesOf } from "../arguments/typed-arrays.ts";
import { BEGINNING, forbidsCompiling, missingAbility } from "./host.ts";

/** What a caller may pass as the module. */
export type ModuleSource = WebAssembly.Module | BufferSource | URL | Response;

/** Reads the file that a file: URL names. */
export type ReadFile = (url: URL) => Promise<ArrayBuffer | ArrayBufferView>;

const WANTED = "a WebAssembly.Module, its bytes, a URL or a Response";
/** Bytes that tell WebAssembly from everything else, whatever its version. */
const MAGIC = /* @__PURE__ */ BEGINNING.slice(0, 4);
/** What messages call bytes and modules that were passed as they are. */
const GIVEN = "what was given";
const FORBIDDEN =
  "this host forbids compiling WebAssembly: a page's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src, and Workers want the module imported";
const NO_MEMORY =
  "there is no memory for another classifier here: let go of those that are not needed, share one, or raise the limit (of the process, the container or the worker)";
/** Where a page came in place of the module: servers of one-page sites send theirs for every file that is not there. */
const PAGE_HINT = "; a page came in place of abs.wasm, which analysis-by-synthesis/inline has inside";
/** Bytes that are shown of what is something else. */
const BYTES_SHOWN = 24;
/** Characters of another's message that are passed on. */
const MOST_OF_REASON = 160;

/** A module's bytes, and what messages call the place that they came from. */
interface Found {
  bytes: Uint8Array<ArrayBuffer>;
  origin: string;
  /** Status and content type, where a server sent them. */
  answer?: string;
}

/**
 * Instantiates a module given in any form; it imports nothing. Modules, buffers, URLs and Responses of other realms are as
 * good as this one's.
 *
 * @param readFile for hosts whose `fetch` reads no files
 * @throws {TypeError} when `source` is none of them
 * @throws {Error} when the host has no WebAssembly, no SIMD or a policy against it, when a URL or Response cannot be read, gives
 *   something else than WebAssembly, or a module that this host does not run
 */
export async function instantiate(source: ModuleSource, readFile?: ReadFile): Promise<WebAssembly.Instance> {
  const missing = missingAbility();
  if (missing !== undefined) throw new Error(`module: ${missing}`);
  if (isModule(source)) return await start(source, GIVEN);
  const found =
    bytesKind(source) === undefined
      ? await read(source, readFile)
      : { bytes: checkBytes("module", source, WANTED), origin: GIVEN };
  return await start(await compile(found), found.origin);
}

/** A guard of its own: to the type checker every object has the shape of a WebAssembly.Module. */
function isModule(source: unknown): source is WebAssembly.Module {
  try {
    // Looks at what the value is, not at what it says it is.
    WebAssembly.Module.exports(source as WebAssembly.Module);
    return true;
  } catch {
    return false;
  }
}

async function compile({ bytes, origin, answer }: Found): Promise<WebAssembly.Module> {
  if (MAGIC.some((byte, place) => bytes[place] !== byte)) {
    const beginning = String.fromCharCode(...bytes.subarray(0, BYTES_SHOWN));
    const begins = bytes.length === 0 ? "" : ` that begin with ${shown(beginning)}`;
    const said = answer === undefined ? "" : ` (${answer})`;
    throw new Error(
      `module: ${origin} is no WebAssembly but ${bytes.length} bytes${begins}${said}${/^\s*</.test(beginning) ? PAGE_HINT : ""}`,
    );
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    return failed(forbidsCompiling() ? FORBIDDEN : `this host cannot compile ${origin}`)(cause);
  }
}

async function start(module: WebAssembly.Module, origin: string): Promise<WebAssembly.Instance> {
  const [wanted] = WebAssembly.Module.imports(module);
  if (wanted !== undefined) {
    const name = shown(`${wanted.module}.${wanted.name}`);
    throw new Error(`module: ${origin} is not this release's abs.wasm: it imports ${name}, which abs.wasm does not`);
  }
  return await WebAssembly.instantiate(module, {}).catch((cause: unknown) =>
    // So engines call it where they cannot get the memory, each in words of its own.
    failed(
      (cause as { name?: unknown } | null)?.name === "RangeError" ? NO_MEMORY : `this host cannot start ${origin}`,
    )(cause),
  );
}

async function read(source: unknown, readFile?: ReadFile): Promise<Found> {
  const tag = tagOf(source);
  if (tag === "Response" || isAnswer(source)) return await receive(source as Response, "the Response");
  if (tag !== "URL") throw new TypeError(`module: got ${kindOf(source)}, wanted ${WANTED}`);
  const origin = shownText(String(source));
  const problem = `${origin} cannot be read`;
  const url = await parsed(String(source)).catch(failed(problem));
  if (url.protocol === "file:" && readFile !== undefined) {
    return { bytes: bytesOf(await readFile(url).catch(failed(problem))), origin };
  }
  return await receive(await fetched(url).catch(failed(problem)), origin);
}

/** As a promise also where the host has no `fetch` to call. */
async function fetched(url: URL): Promise<Response> {
  return await fetch(url);
}

/** As a promise, so that it fails as the other steps do. */
async function parsed(address: string): Promise<URL> {
  // Turbopack's URLs of assets in pages say no more than a path.
  return new URL(address, typeof location === "object" ? location.href : undefined);
}

async function receive(response: Response, name: string): Promise<Found> {
  const { url } = response;
  const origin = typeof url === "string" && url !== "" ? shownText(url) : name;
  const answer = answerOf(response);
  if (response.ok !== true) throw new Error(`module: ${origin} answered ${answer}`);
  const body = async (): Promise<Uint8Array<ArrayBuffer>> => bytesOf(await response.arrayBuffer());
  return { bytes: await body().catch(failed(`${origin} cannot be read`)), origin, answer };
}

/** Status and content type. */
function answerOf({ status, statusText, headers }: Response): string {
  const type: unknown = typeof headers?.get === "function" ? headers.get("content-type") : undefined;
  const words = [status, statusText].filter((word) => word !== undefined && word !== "").join(" ");
  return typeof type === "string" ? `${shownText(words)}, ${shown(type)}` : shownText(words);
}

/** Whether a value is a Response of those that put fetch into hosts without it, which may bear no tag. */
function isAnswer(source: unknown): boolean {
  try {
    const { ok, arrayBuffer } = Object(source) as Partial<Response>;
    return typeof ok === "boolean" && typeof arrayBuffer === "function";
  } catch {
    return false;
  }
}

/** What a value says it is, `Response` for one of any realm; `Object` where it says nothing. */
function tagOf(source: unknown): string {
  try {
    return Object.prototype.toString.call(source).slice("[object ".length, -1);
  } catch {
    return "Object";
  }
}

/** Passes on that something failed, and why. */
function failed(problem: string): (cause: unknown) => never {
  return (cause) => {
    throw new Error(`module: ${problem}: ${reasonOf(cause)}`, { cause });
  };
}

/** An error's message and, where it has one, that of its cause: fetch says only there what happened. */
function reasonOf(error: unknown): string {
  const { message, cause } = Object(error) as { message?: unknown; cause?: { message?: unknown } };
  const reasons = [message, cause?.message].filter((reason) => typeof reason === "string" && reason !== "");
  return shownText(reasons.join(": "), MOST_OF_REASON);
}
