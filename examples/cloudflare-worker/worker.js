// The classifier as a Cloudflare Worker; README.md tells how to run it. In a project of your own, with the package
// installed, import from "analysis-by-synthesis": the tools pick the same file.
import { env } from "cloudflare:workers";
import { createClassifier } from "../../dist/library/workerd.js";
import { originsOf } from "../shared/origins.js";
import { respondWith } from "../shared/respond.js";

export default { fetch: respondWith(createClassifier, { origins: originsOf(env.ALLOWED_ORIGINS) }) };
