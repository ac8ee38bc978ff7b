import { defineConfig } from "vite";

export default defineConfig({
  // Addresses relative to the page: the built folder works under any path.
  base: "./",
});
