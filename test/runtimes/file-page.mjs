// The page from file://, where browsers load no modules: built into one classic script with the inline entry inside.
import * as library from "analysis-by-synthesis/inline";
import { runSuite } from "./suite.mjs";

runSuite(async () => library).then(
  (result) => {
    document.body.textContent = JSON.stringify(result);
    document.title = "done";
  },
  (error) => {
    document.body.textContent = `${error}\n${error.stack}`;
    document.title = "failed";
  },
);
