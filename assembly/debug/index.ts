// The entry of the debug build: the module, and what scripts/check-memory.mjs needs to find by name.

export * from "../index";
export * from "./memory";
