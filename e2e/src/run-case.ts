import { runPart, type CaseResult } from './case-result.ts';
import { substitute, type Case } from './case.ts';
import type { StepContext } from './step-context.ts';

/** How cases are run. */
export interface CaseRunner<Context extends StepContext> {
  /** The context of a case, in a namespace of its own. */
  contextOf: (testCase: Case, namespace: string) => Context;
  verbs: Readonly<Record<string, (document: Record<string, unknown>, context: Context) => Promise<void>>>;
  /** Leaves behind what one needs to understand a failed case, and says where. */
  saveEvidence: (testCase: Case, context: Context) => Promise<string>;
  /** Whether namespaces stay for a look. */
  keep: boolean;
}

/** Runs cases one after the other, and says of each how it went as soon as that is known. */
export async function runCases<Context extends StepContext>(
  cases: readonly Case[],
  runner: CaseRunner<Context>,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const testCase of cases) results.push(await runPart(testCase.name, () => runCase(testCase, runner)));
  return results;
}

/** Runs one case. @throws Error that names the step, what went wrong and where the evidence is. */
async function runCase<Context extends StepContext>(
  testCase: Case,
  { contextOf, verbs, saveEvidence, keep }: CaseRunner<Context>,
): Promise<void> {
  const namespace = `e2e-${testCase.name}`;
  const context = contextOf(testCase, namespace);
  const { kubectl } = context;
  await kubectl.run(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s'], { timeoutMs: 130_000 });
  await kubectl.run(['create', 'namespace', namespace]);
  // A launcher pod passes the strictest level; the API server holds us to it in every case.
  await kubectl.run(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
  let at = '';
  try {
    for (const step of testCase.steps) {
      at = step.file;
      const execute = verbs[step.verb];
      if (!execute) throw new Error(`no verb "${step.verb}"; there are: ${Object.keys(verbs).join(', ')}`);
      for (const document of step.documents) await execute(substitute(document, context.variables), context);
    }
  } catch (error) {
    const folder = await saveEvidence(testCase, context);
    throw new Error(`${at}: ${(error as Error).message}\n      evidence: ${folder}`, { cause: error });
  } finally {
    if (!keep) await kubectl.try(['delete', 'namespace', namespace, '--wait=false']);
  }
}
