/** The options of a request that must change nothing. */
export function dryRunOptions({ dryRun }: { dryRun: boolean }): { dryRun?: string[] } {
  return dryRun ? { dryRun: ['All'] } : {};
}
