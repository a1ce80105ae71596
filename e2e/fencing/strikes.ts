import { runEngine } from '../../cluster/src/engine.ts';
import { allReady } from '../chaos/our-pods.ts';
import type { Kubectl } from '../src/kubectl.ts';

/** What is done to nodes, and mended in the end. */
export class Strikes {
  readonly #system: Kubectl;
  readonly #paused = new Set<string>();

  constructor(system: Kubectl) {
    this.#system = system;
  }

  async pause(nodeName: string): Promise<void> {
    this.#paused.add(nodeName);
    await runEngine(['pause', nodeName]);
  }

  async resume(nodeName: string): Promise<void> {
    await runEngine(['unpause', nodeName]);
    this.#paused.delete(nodeName);
  }

  async kill(nodeName: string): Promise<void> {
    await runEngine(['kill', nodeName]);
  }

  /** Puts a taint on the node, or with `-` at its end takes it off. */
  async taint(nodeName: string, taint: string): Promise<void> {
    await this.#system.run(['taint', 'node', nodeName, taint]);
  }

  /** Deletes the Node object. */
  async delete(nodeName: string): Promise<void> {
    await this.#system.run(['delete', 'node', nodeName]);
  }

  /** Waits until the cluster has noticed that the node's kubelet is silent. */
  async nodeLost(nodeName: string): Promise<void> {
    await this.#until(nodeName, 'Ready=Unknown');
  }

  /** Waits until guests may be placed on the node again. */
  async nodeReady(nodeName: string): Promise<void> {
    await this.#until(nodeName, 'Ready');
  }

  async #until(nodeName: string, condition: string): Promise<void> {
    await this.#system.run(['wait', `--for=condition=${condition}`, `node/${nodeName}`, '--timeout=120s'], {
      timeoutMs: 130_000,
    });
  }

  /**
   * Replicas of ours that all fled to one node are on two again, as the scheduler would have put them: nobody judges nodes
   * while the node of all virt-controllers is lost.
   */
  async spread(): Promise<void> {
    for (const app of ['virt-controller', 'virt-api']) {
      const format = 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}';
      const running = [
        'get',
        'pods',
        '-l',
        `kubevirt.io=${app}`,
        '--field-selector=status.phase=Running',
        '-o',
        format,
      ];
      const pods = (await this.#system.run(running))
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      const [name = ''] = pods[0] ?? [];
      if (new Set(pods.map(([, nodeName]) => nodeName)).size === 1) await this.#system.run(['delete', 'pod', name]);
    }
    await allReady(this.#system);
  }

  /** A node that was killed stays away: its container does not find its way back into the network. */
  async mend(): Promise<void> {
    for (const nodeName of this.#paused) await runEngine(['unpause', nodeName]).catch(() => undefined);
  }
}
