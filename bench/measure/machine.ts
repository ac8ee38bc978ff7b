import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import type { Table } from "./table.ts";

/** What the figures were measured on and with. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGib: number;
  system: string;
  date: string;
  node: string;
  versions: Record<string, string>;
}

const PACKAGES = ["onnxruntime-web", "onnxruntime-node", "@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"];

/** Describes this machine; `python` is asked for PyTorch's version. */
export function describeMachine(python: string): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    versions: {
      ...Object.fromEntries(PACKAGES.map((name) => [name, packageVersion(name)])),
      v8: process.versions.v8,
      torch: torchVersion(python),
    },
  };
}

function torchVersion(python: string): string {
  try {
    const program = "import torch; print(torch.__version__)";
    return execFileSync(python, ["-c", program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "not installed";
  }
}

/** The same as a table. */
export function machineTable({ processor, cores, memoryGib, system, date, node, versions }: Machine): Table {
  return {
    name: "machine",
    caption: "Measured on and with:",
    header: ["", ""],
    rows: [
      ["processor", `${processor}, ${cores} cores, ${memoryGib} GiB of memory, ${system}`],
      ["Node", node],
      ...Object.entries(versions).map(([name, version]) => [name, version]),
      ["date", date],
    ],
  };
}

/** Version of a package that the benches import. */
function packageVersion(name: string): string {
  const places = [`../node_modules/${name}/package.json`, `../../node_modules/${name}/package.json`];
  const file = places.map((place) => new URL(place, import.meta.url)).find((place) => existsSync(place));
  if (file === undefined) return "not installed";
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
