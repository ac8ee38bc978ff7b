import { fileURLToPath } from "node:url";

// Turbopack reads nothing outside its root; Next.js is installed in the folder above.
const root = fileURLToPath(new URL("..", import.meta.url));
export default { turbopack: { root }, outputFileTracingRoot: root };
