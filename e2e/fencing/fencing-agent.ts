import { strict as assert } from 'node:assert';
import type { Kubectl } from '../src/kubectl.ts';

const NAME = 'e2e-fencing-agent';
const POWERED_OFF_BOOT = 'fencing.quickvirt.io/powered-off-boot';

/** Who switches nodes off and says so: a service account that has no other right than what the chart's role gives it. */
export class FencingAgent {
  readonly #kubectl: Kubectl;

  /** @param kubectl of the service account's namespace. */
  constructor(kubectl: Kubectl) {
    this.#kubectl = kubectl;
  }

  /** An administrator makes it one. */
  async appoint(): Promise<void> {
    await this.#kubectl.run([
      'create',
      'clusterrolebinding',
      NAME,
      '--clusterrole=quickvirt-node-fencer',
      `--serviceaccount=${this.#kubectl.namespace}:${NAME}`,
    ]);
  }

  /** Says that the node is off, of its present boot. */
  async saysOff(nodeName: string): Promise<void> {
    const bootId = await this.#kubectl.run(['get', 'node', nodeName, '-o', 'jsonpath={.status.nodeInfo.bootID}']);
    await this.#kubectl.run([...this.#annotate(nodeName, bootId), ...this.#asItself]);
  }

  /** Neither it, as long as nobody appointed it, nor the node itself may say so. */
  async mayNot(nodeName: string): Promise<void> {
    const node = ['--as', `system:node:${nodeName}`, '--as-group=system:nodes', '--as-group=system:authenticated'];
    for (const impersonation of [this.#asItself, node]) {
      const { exitCode, stderr } = await this.#kubectl.try([...this.#annotate(nodeName, 'x'), ...impersonation]);
      assert.notEqual(exitCode, 0, `${impersonation[1]} said that ${nodeName} is off`);
      assert.match(stderr, /[Ff]orbidden/);
    }
  }

  async dismiss(): Promise<void> {
    await this.#kubectl.try(['delete', 'clusterrolebinding', NAME, '--ignore-not-found']);
  }

  get #asItself(): string[] {
    return ['--as', `system:serviceaccount:${this.#kubectl.namespace}:${NAME}`];
  }

  #annotate(nodeName: string, bootId: string): string[] {
    return ['annotate', 'node', nodeName, '--overwrite', `${POWERED_OFF_BOOT}=${bootId}`];
  }
}
