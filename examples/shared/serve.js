// Serves a handler of Request and Response by node:http, which Node and Deno both have. It bounds what a slow client can
// hold: Deno.serve keeps a connection on which a request never ends.

import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import process from "node:process";

const LIMITS = {
  /** Milliseconds for a request's header. */
  headersTimeout: 10_000,
  /** For all of a request; the handler's own deadline for a body comes earlier and gives a reason. */
  requestTimeout: 15_000,
  /** Between requests on one connection. */
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  /** Bytes. */
  maxHeaderSize: 16_384,
};

/**
 * Listens until it is told to stop by SIGTERM or SIGINT; then it answers the requests that it has, and ends.
 *
 * @param respond `(request) => Promise<Response>`, which never rejects and reads `url`, `method`, `headers` and `body`
 * @param address `hostname` and `port`; 127.0.0.1 is reached from this machine alone, 0.0.0.0 from everywhere
 */
export function serve(respond, { hostname, port }) {
  const server = createServer(LIMITS, (incoming, outgoing) => {
    answer(respond, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.on("error", (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  server.listen(port, hostname, () => {
    const { address, family, port: chosen } = server.address();
    const host = family === "IPv6" ? `[${address}]` : address;
    console.log(JSON.stringify({ time: new Date().toISOString(), listening: `http://${host}:${chosen}/` }));
  });
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => server.close());
}

async function answer(respond, incoming, outgoing) {
  const { status, headers, body } = await respond(requestOf(incoming));
  outgoing.statusCode = status;
  for (const [name, value] of headers) outgoing.setHeader(name, value);
  outgoing.end(body === null ? undefined : Buffer.from(await new Response(body).arrayBuffer()));
}

/** What the handler reads of a Request. The class itself throws for methods and addresses that any client can send. */
function requestOf(incoming) {
  const { url, method, rawHeaders } = incoming;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) headers.append(rawHeaders[index], rawHeaders[index + 1]);
  const hasBody = method !== "GET" && method !== "HEAD";
  return {
    url: url.startsWith("/") ? `http://localhost${url}` : url,
    method,
    headers,
    body: hasBody ? bodyOf(incoming) : null,
  };
}

/** Unlike Readable.toWeb's, this stream does not close the connection when it is cancelled: the refusal goes over that. */
function bodyOf(incoming) {
  const pieces = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}
