import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCases, type Case } from '../src/case.ts';
import { Kubectl } from '../src/kubectl.ts';
import type { CaseResult } from '../src/case-result.ts';
import { runCases } from '../src/run-case.ts';
import type { NestedContext } from './context.ts';
import { collectNestedEvidence } from './evidence.ts';
import { nodeReady, NODE_NAME, startInstallation, SYSTEM, type Installation } from './installation.ts';
import { HOST_ADDRESS } from './machine.ts';
import { bootNestedMachine, type NestedMachine } from './nested-machine.ts';
import { nestedSteps } from './steps.ts';

const BOOTS = fileURLToPath(new URL('boots', import.meta.url));
/** A boot under TCG on a machine that does other things, too. */
const BOOT_MS = 120_000;
const HANDLER_MS = 180_000;

/** Which cases to run, and where what they leave behind goes. */
export interface QatOptions {
  /** Empty: all. */
  names: readonly string[];
  keep: boolean;
  out: string;
}

/** One boot of the nested machine and the cases that run on it. */
interface Boot {
  name: string;
  iommu: boolean;
  cases: Case[];
}

/**
 * Proves QAT without a card: QuickVirt's bundles on a real control plane and a nested machine whose two SR-IOV functions
 * stand in for cards. Boots the machine once for each folder of `boots`.
 */
export async function runQat({ names, keep, out }: QatOptions): Promise<CaseResult[]> {
  if (process.getuid?.() !== 0) throw new Error('only root can share its whole root directory with the nested machine');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const began = Date.now();
  const say = (what: string): void => console.log(`  [${((Date.now() - began) / 1000).toFixed(0)} s] ${what}`);
  say('starting control plane, virt-api and virt-controller');
  const installation = await startInstallation();
  // kubectl and virtctl find the cluster by it.
  process.env.KUBECONFIG = installation.kubeconfigPath;
  try {
    const results: CaseResult[] = [];
    for (const boot of readBoots(names)) results.push(...(await runBoot(boot, installation, { keep, out, say })));
    return results;
  } finally {
    installation.saveLogs(out);
    await installation.stop();
  }
}

/** The folders of `boots`, in order: `NN-name`, without IOMMU if the name says so. */
function readBoots(names: readonly string[]): Boot[] {
  const all = readdirSync(BOOTS)
    .sort()
    .map((name) => ({ name, iommu: !name.includes('no-iommu'), cases: readCases(join(BOOTS, name), []) }));
  const known = all.flatMap(({ cases }) => cases.map(({ name }) => name));
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  return all
    .map((boot) => ({ ...boot, cases: boot.cases.filter(({ name }) => names.length === 0 || names.includes(name)) }))
    .filter(({ cases }) => cases.length > 0);
}

async function runBoot(
  boot: Boot,
  installation: Installation,
  { keep, out, say }: { keep: boolean; out: string; say: (what: string) => void },
): Promise<CaseResult[]> {
  const shareFolder = join(out, boot.name);
  const began = Date.now();
  let machine: NestedMachine | undefined;
  try {
    say(`booting the nested machine: ${boot.name}`);
    machine = await startNode(boot, installation, shareFolder);
    say(`the node is ready`);
    const { kubectlPath, kubeconfigPath } = installation;
    const nested = machine;
    return await runCases<NestedContext>(boot.cases, {
      contextOf: (_testCase, namespace) => ({
        kubectl: new Kubectl(kubectlPath, namespace),
        kubeconfig: kubeconfigPath,
        namespace,
        system: SYSTEM,
        variables: { namespace, system: SYSTEM, node: NODE_NAME },
        machine: nested,
      }),
      verbs: nestedSteps,
      saveEvidence: ({ name }, context) => collectNestedEvidence(join(shareFolder, 'failed', name), context),
      keep,
    });
  } catch (error) {
    const message = `${(error as Error).message}\n      evidence: ${shareFolder}`;
    console.log(`  ${boot.name}: FAILED\n    ${message}`);
    return [{ name: boot.name, passed: false, durationMs: Date.now() - began, error: message }];
  } finally {
    await machine?.stop();
    rmSync(join(shareFolder, 'logins'), { recursive: true, force: true });
  }
}

async function startNode(boot: Boot, installation: Installation, shareFolder: string): Promise<NestedMachine> {
  const { controlPlane } = installation;
  const { agentPath } = await installation.equipNode(shareFolder);
  const machine = await bootNestedMachine({
    iommu: boot.iommu,
    shareFolder,
    agentPath,
    environment: {
      KUBERNETES_SERVICE_HOST: HOST_ADDRESS,
      KUBERNETES_SERVICE_PORT: new URL(controlPlane.apiserver.url).port,
    },
    timeoutMs: BOOT_MS,
  });
  try {
    await machine.control.call('startHandler', { args: [], timeoutMs: HANDLER_MS }, HANDLER_MS + 10_000);
    await nodeReady(controlPlane, HANDLER_MS);
    await installation.keepCapabilities(shareFolder);
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}
