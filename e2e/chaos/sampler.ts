import { readFileSync } from 'node:fs';
import type { Kubectl } from '../src/kubectl.ts';
import { samplesOf, type Sample } from './guest-samples.ts';

const SELECTOR = 'e2e.quickvirt.io/sampler';
const program = readFileSync(new URL('guest-sampler.mjs', import.meta.url), 'utf8');

/** Watches the QEMU processes of every node that runs virt-handler, by a pod of its own on each. */
export class Sampler {
  readonly #kubectl: Kubectl;

  /** @param kubectl of QuickVirt's own namespace, which admits privileged pods. */
  constructor(kubectl: Kubectl) {
    this.#kubectl = kubectl;
  }

  /** Starts the pods and waits until all of them run. */
  async start(): Promise<void> {
    await this.stop();
    const format = 'jsonpath={range .items[*]}{.spec.nodeName} {.spec.containers[0].image}{"\\n"}{end}';
    const handlers = await this.#kubectl.run(['get', 'pods', '-l', 'kubevirt.io=virt-handler', '-o', format]);
    const items = handlers
      .trim()
      .split('\n')
      .map((line) => samplerPod(...(line.split(' ') as [string, string])));
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await this.#kubectl.run(['apply', '-f', '-'], { input: list });
    await this.#kubectl.run(['wait', 'pod', '-l', SELECTOR, '--for=condition=Ready', '--timeout=60s'], {
      timeoutMs: 70_000,
    });
  }

  /** Everything seen since the start. @throws when a sampler ended: then nothing is proved. */
  async samples(): Promise<Sample[]> {
    const format =
      'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.status.phase} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
    const pods = (await this.#kubectl.run(['get', 'pods', '-l', SELECTOR, '-o', format])).trim().split('\n');
    const all: Sample[] = [];
    for (const line of pods) {
      const [name = '', node = '', phase, restarts] = line.split(' ');
      if (phase !== 'Running' || restarts !== '0') throw new Error(`the sampler on ${node} ended: ${line}`);
      all.push(...samplesOf(node, await this.#kubectl.run(['logs', name, '--tail=-1'])));
    }
    return all;
  }

  /** Takes the pods away. */
  async stop(): Promise<void> {
    await this.#kubectl.run(['delete', 'pod', '-l', SELECTOR, '--grace-period=0', '--force', '--ignore-not-found']);
  }
}

const samplerPod = (nodeName: string, image: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `sampler-${nodeName}`, labels: { [SELECTOR]: '' } },
  spec: {
    nodeName,
    hostPID: true,
    priorityClassName: 'system-node-critical', // the kubelet must not evict the witness
    restartPolicy: 'Never',
    tolerations: [{ operator: 'Exists' }],
    containers: [
      {
        name: 'sampler',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['node', '--input-type=module', '--eval', program],
        securityContext: { privileged: true, runAsUser: 0 },
      },
    ],
  },
});
