/** The words of a command line, without the program's own name, as they would be typed. */
export function commandLineText(words: readonly string[]): string {
  return ["abs", ...words.map(shellWord)].join(" ");
}

/** A word as a shell takes it for that word. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
