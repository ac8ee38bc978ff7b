/** An option's text as a whole number. @throws {Error} naming the option, what came and what was wanted */
export function wholeNumber(name: string, text: string, least: 0 | 1 = 1): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= least) return value;
  throw new Error(`--${name}: got "${text}", wanted a whole number from ${least}`);
}
