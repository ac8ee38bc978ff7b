/** What `npm audit --json` prints, as far as it is looked at. */
export interface AuditReport {
  vulnerabilities: Readonly<Record<string, { severity: string; range?: string }>>;
}

/** What `npm audit signatures --json` prints, likewise. */
export interface SignatureReport {
  invalid: readonly { name: string; version: string }[];
}

const GRAVE = ["high", "critical"];

/**
 * What is known against packages, parted into what keeps a release from being made and what is only told: that lies in tools,
 * or is less grave.
 *
 * @param shipped names of the packages whose code is in what is published
 */
export function findings(
  vulnerabilities: AuditReport["vulnerabilities"],
  shipped: ReadonlySet<string>,
): { problems: string[]; notes: string[] } {
  const problems: string[] = [];
  const notes: string[] = [];
  for (const [name, { severity, range = "*" }] of Object.entries(vulnerabilities)) {
    const isProblem = shipped.has(name) && GRAVE.includes(severity);
    const place = shipped.has(name) ? "shipped" : "a tool, not shipped";
    (isProblem ? problems : notes).push(`${name} ${range}: ${severity} (${place})`);
  }
  return { problems, notes };
}

/** Packages that are not what the registry signed. */
export function signatureProblems(invalid: SignatureReport["invalid"]): string[] {
  return invalid.map(({ name, version }) => `${name} ${version} is not what the registry signed`);
}
