import { afterAll } from "vitest";
import { checkFrozenWeights, watchFrozenWeights } from "./frozen-weights.ts";
import { provideDebugImports } from "./out-of-bounds.ts";

// Vitest's set-up of each test file that runs on the debug build.
provideDebugImports();
watchFrozenWeights();
// The frozen weights are the same after the file's tests as before.
afterAll(() => {
  checkFrozenWeights();
});
