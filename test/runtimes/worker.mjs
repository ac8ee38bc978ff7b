// What workerd runs: its configuration names the entry that the package offers to it.
import * as library from "./package/library.mjs";
import { runSuite } from "./suite.mjs";

export default {
  async test() {
    console.log(JSON.stringify(await runSuite(async () => library)));
  },
};
