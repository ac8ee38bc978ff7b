// What browsers run: leaves the suite's result, or the error, in the page. `?library=` says which file to import.
import { runSuite } from "./suite.mjs";

const violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});

try {
  const library = new URLSearchParams(location.search).get("library");
  const result = await runSuite(() => import(library));
  if (violations.length > 0) throw new Error(`the policy forbids: ${violations.join(", ")}`);
  document.body.textContent = JSON.stringify(result);
  document.title = "done";
} catch (error) {
  document.body.textContent = `${error}\n${error.stack}`;
  document.title = "failed";
}
