import { restoreDocuments } from "./originals.ts";

// What npm runs after it packed.

restoreDocuments();
