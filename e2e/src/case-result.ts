/** How one case, or one part of a suite, ended. */
export interface CaseResult {
  name: string;
  passed: boolean;
  durationMs: number;
  /** Why it failed. */
  error?: string;
}

/** Runs a part to its end, prints one line about it, and says how it ended; its error goes no further. */
export async function runPart(name: string, work: () => Promise<void>): Promise<CaseResult> {
  process.stdout.write(`  ${name} ... `);
  const began = Date.now();
  const error = await work().then(
    () => undefined,
    (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
  );
  const durationMs = Date.now() - began;
  const seconds = (durationMs / 1000).toFixed(1);
  console.log(error === undefined ? `passed (${seconds} s)` : `FAILED (${seconds} s)\n    ${error}`);
  return { name, passed: error === undefined, durationMs, ...(error !== undefined && { error }) };
}
