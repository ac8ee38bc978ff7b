import { execFileSync } from "node:child_process";
import { cpus, platform, release, totalmem } from "node:os";
import { packageVersion } from "./install.ts";

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
    system: `${platform()} ${release()}`,
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

/** One line for people. */
export function machineLine({ processor, cores, node, date, versions }: Machine): string {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${processor}, ${cores} cores; Node ${node}; ${others.join(", ")}; ${date}`;
}
