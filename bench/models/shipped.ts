import { fileURLToPath } from "node:url";

/** The weights that are frozen into the module. */
export const SHIPPED = fileURLToPath(new URL("../../weights/abs-mnist.safetensors", import.meta.url));
