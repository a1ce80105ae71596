import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { runPart, type CaseResult } from './case-result.ts';
import { prepareCluster, type PreparedCluster, type WantedCluster } from './cluster.ts';
import { ConsoleSession } from './console-session.ts';
import { readGuestBoot } from './guest-boot.ts';
import { guestMachine } from './guest-machine.ts';
import { Kubectl, run, type CommandResult } from './kubectl.ts';

const chart = fileURLToPath(new URL('../../charts/quickvirt', import.meta.url));
const values = fileURLToPath(new URL('../values.yaml', import.meta.url));
const RELEASE = 'quickvirt';
const GUEST_NAMESPACE = 'e2e-chart-lifecycle';
const OUR_CRDS = 'app.kubernetes.io/part-of=quickvirt';

/** The release and one guest on the cluster, with the few verbs that the stages need. */
class Installation {
  readonly kubectl: Kubectl;
  readonly guests: Kubectl;
  readonly #cluster: PreparedCluster;

  constructor(cluster: PreparedCluster) {
    this.#cluster = cluster;
    this.kubectl = new Kubectl(cluster.kubectlPath, cluster.system);
    this.guests = new Kubectl(cluster.kubectlPath, GUEST_NAMESPACE);
  }

  /** Runs helm whatever comes out of it. */
  tryHelm(...args: string[]): Promise<CommandResult> {
    const { helmPath, kubeconfigPath, system: namespace } = this.#cluster;
    return run(helmPath, ['--kubeconfig', kubeconfigPath, '--namespace', namespace, ...args], { timeoutMs: 400_000 });
  }

  async helm(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.tryHelm(...args);
    if (exitCode !== 0) throw new Error(`helm ${args.join(' ')} ended with ${exitCode}: ${stderr.trim()}`);
    return stdout;
  }

  async install(...more: string[]): Promise<void> {
    const flags = ['--values', values, '--wait', '--timeout', '240s', ...more];
    await this.helm('upgrade', '--install', RELEASE, chart, ...flags);
    await this.kubectl.run(['wait', '--for=condition=Available', 'kubevirt/kubevirt', '--timeout=120s'], {
      timeoutMs: 130_000,
    });
  }

  async startGuest(): Promise<void> {
    const vm = guestMachine('a', this.#cluster.guestImage, { terminationGracePeriodSeconds: 20 });
    await this.guests.run(['apply', '-f', '-'], { input: JSON.stringify(vm) });
    await this.guests.run(['wait', 'vm/a', '--for=condition=Ready', '--timeout=180s'], { timeoutMs: 190_000 });
  }

  async bootId(): Promise<string> {
    const session = await ConsoleSession.open(this.#cluster.kubeconfigPath, GUEST_NAMESPACE, 'a', 120_000);
    try {
      return (await readGuestBoot(session)).bootId;
    } finally {
      session.close();
    }
  }

  async revision(): Promise<string> {
    const history = JSON.parse(await this.helm('history', RELEASE, '--output', 'json')) as { revision: number }[];
    return String(Math.max(...history.map(({ revision }) => revision)));
  }

  /** Every object of a kind that is ours alone, as `kind/name` lines. */
  async left(): Promise<string[]> {
    const get = async (args: string[], pattern: RegExp): Promise<string[]> =>
      (await this.kubectl.run(['get', ...args])).split('\n').filter((line) => pattern.test(line));
    const name = ['--output', 'name'];
    const signers = 'jsonpath={range .items[*]}{.metadata.name} {.spec.signerName}{"\\n"}{end}';
    const found = await Promise.all([
      get(['csr', '--output', signers], /quickvirt\.io\//),
      get(['leases,deployments,daemonsets,jobs,serviceaccounts', ...name], /virt-(api|controller|handler)|quickvirt/),
      get(['secrets,configmaps', ...name], /quickvirt/),
      get(['kubevirts', ...name], /./),
      get(['clusterroles,clusterrolebindings,validatingadmissionpolicies', ...name], /quickvirt-/),
      get(
        ['mutatingwebhookconfigurations,validatingwebhookconfigurations,apiservices', ...name],
        /virt-api|subresources/,
      ),
      get(['nodes', '--output', 'jsonpath={.items[*].metadata.labels}'], /kubevirt\.io\//),
    ]);
    return found.flat();
  }
}

/** One stage of the life cycle; later ones build on earlier ones. */
type Stage = readonly [title: string, run: (installation: Installation, guest: { bootId: string }) => Promise<void>];

const runsOn = async (installation: Installation, guest: { bootId: string }): Promise<void> => {
  assert.equal(await installation.bootId(), guest.bootId, 'the guest was booted anew');
  await installation.guests.run(['wait', 'vm/a', '--for=condition=Ready', '--timeout=60s'], { timeoutMs: 70_000 });
};

const STAGES: readonly Stage[] = [
  [
    'a guest runs',
    async (installation, guest) => {
      await installation.startGuest();
      guest.bootId = await installation.bootId();
    },
  ],
  [
    'upgrade with other values: all our pods are replaced, the guest runs on',
    async (installation, guest) => {
      await installation.install('--set', 'logVerbosity=3');
      await runsOn(installation, guest);
    },
  ],
  [
    'rollback: the same',
    async (installation, guest) => {
      const before = String(Number(await installation.revision()) - 1);
      await installation.helm('rollback', RELEASE, before, '--wait', '--timeout', '240s');
      await runsOn(installation, guest);
    },
  ],
  [
    'uninstall while the guest runs is refused by name, and harms nothing',
    async (installation, guest) => {
      const { exitCode } = await installation.tryHelm('uninstall', RELEASE);
      assert.notEqual(exitCode, 0, 'helm uninstall succeeded');
      const job = ['--selector', 'job-name=quickvirt-pre-delete', '--output'];
      const said = 'jsonpath={.items[*].status.containerStatuses[*].state.terminated.message}';
      const message = await installation.kubectl.run(['get', 'pods', ...job, said]);
      assert.match(message, new RegExp(`VirtualMachine ${GUEST_NAMESPACE}/a`));
      await runsOn(installation, guest);
    },
  ],
  [
    'after a refused uninstall the release is brought back by a rollback, and can be upgraded',
    async (installation, guest) => {
      await installation.helm('rollback', RELEASE, await installation.revision(), '--wait', '--timeout', '240s');
      await installation.install();
      await runsOn(installation, guest);
    },
  ],
  [
    'uninstall that the KubeVirt object allows to remove machines leaves nothing but CRDs',
    async (installation) => {
      const patch = JSON.stringify({ spec: { uninstallStrategy: 'RemoveWorkloads' } });
      await installation.kubectl.run(['patch', 'kubevirt', 'kubevirt', '--type=merge', '-p', patch]);
      await installation.helm('uninstall', RELEASE);
      assert.deepEqual(await installation.left(), []);
      assert.equal((await installation.guests.run(['get', 'vm,vmi,pods', '--output', 'name'])).trim(), '');
      await installation.kubectl.run(['get', 'crd', 'virtualmachines.kubevirt.io']);
    },
  ],
  [
    'reinstall: a guest boots again',
    async (installation) => {
      await installation.install();
      await installation.startGuest();
      await installation.guests.run(['delete', 'vm', 'a', '--timeout=90s'], { timeoutMs: 100_000 });
    },
  ],
  [
    'uninstall without machines leaves nothing but CRDs',
    async (installation) => {
      await installation.helm('uninstall', RELEASE);
      assert.deepEqual(await installation.left(), []);
    },
  ],
  [
    'install under another name is refused while the CRDs belong to a release',
    async (installation) => {
      const { exitCode, stderr } = await installation.tryHelm('install', 'other', chart);
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /belong to release "quickvirt"/);
    },
  ],
  [
    'install beside a foreign KubeVirt is refused',
    async (installation) => {
      await installation.kubectl.run(['delete', 'crd', '--selector', OUR_CRDS, '--timeout=90s'], {
        timeoutMs: 100_000,
      });
      await installation.kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(foreignCrd) });
      const { exitCode, stderr } = await installation.tryHelm('install', RELEASE, chart);
      await installation.kubectl.run(['delete', 'crd', foreignCrd.metadata.name, '--timeout=60s']);
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /belongs to another installation of KubeVirt/);
      await installation.install();
    },
  ],
];

/** What KubeVirt's own operator leaves in a cluster, as far as the chart looks at it. */
const foreignCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'virtualmachines.kubevirt.io',
    labels: { 'app.kubernetes.io/managed-by': 'virt-operator', 'kubevirt.io': '' },
  },
  spec: {
    group: 'kubevirt.io',
    names: { kind: 'VirtualMachine', plural: 'virtualmachines' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

/**
 * Takes the chart through its life on the cluster of KUBECONFIG, or on the local one. It uninstalls QuickVirt and deletes
 * its CRDs on the way, every machine of the cluster with them: only for a cluster that holds nothing else.
 * @returns the stages that ran; the first that does not pass is the last, with the cluster left as it is.
 */
export async function runChartLifecycle(options: WantedCluster): Promise<CaseResult[]> {
  const installation = new Installation(await prepareCluster(options));
  const { guests } = installation;
  await guests.try(['delete', 'namespace', GUEST_NAMESPACE, '--ignore-not-found', '--timeout=120s'], {
    timeoutMs: 130_000,
  });
  await guests.run(['create', 'namespace', GUEST_NAMESPACE]);
  const others = (await guests.run(['get', 'vm,vmi', '--all-namespaces', '--output', 'name'])).trim();
  if (others !== '')
    throw new Error(`this would delete machines that are not its own: ${others.replaceAll('\n', ', ')}`);
  const guest = { bootId: '' };
  const results: CaseResult[] = [];
  for (const [title, stage] of STAGES) {
    const result = await runPart(`chart: ${title}`, () => stage(installation, guest));
    results.push(result);
    if (!result.passed) return results;
  }
  await guests.try(['delete', 'namespace', GUEST_NAMESPACE, '--wait=false']);
  return results;
}
