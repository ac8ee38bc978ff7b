import { createServer } from "node:net";

/** Skips a test with a printed reason where it needs a runtime that is not installed. */
export function skipWithout(name: string, file: string | undefined, skip: (reason: string) => void): void {
  if (file !== undefined) return;
  const reason = `${name} is not installed in test/runtimes`;
  console.warn(`skipped: ${reason}`);
  skip(reason);
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
