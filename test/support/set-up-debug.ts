import { provideDebugImports } from "./out-of-bounds.ts";

// Vitest's set-up of each test file that runs on the debug build.
provideDebugImports();
