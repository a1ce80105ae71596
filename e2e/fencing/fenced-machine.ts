import type { Kubectl, KubernetesObject } from '../src/kubectl.ts';

/** What is seen of the machine at one moment. */
export interface MachineView {
  /** UID of its instance, which is another one after each start. */
  uid: string;
  nodeName: string;
  printableStatus: string;
  /** Reason of the condition Ready. */
  readyReason: string;
}

type Status = { printableStatus?: string; nodeName?: string; conditions?: { type: string; reason?: string }[] };

/** A machine that is to run always, somewhere: its firmware finds no disk and waits, which costs no CPU. */
export class FencedMachine {
  readonly name = 'fenced';
  readonly #kubectl: Kubectl;

  constructor(kubectl: Kubectl) {
    this.#kubectl = kubectl;
  }

  /** Creates it and waits until it runs. */
  async start(): Promise<MachineView> {
    const devices = { autoattachPodInterface: false, disks: [{ name: 'empty', disk: { bus: 'virtio' } }] };
    const vm = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name: this.name },
      spec: {
        runStrategy: 'Always',
        template: {
          spec: {
            terminationGracePeriodSeconds: 5,
            domain: { memory: { guest: '32Mi' }, devices },
            volumes: [{ name: 'empty', emptyDisk: { capacity: '1Mi' } }],
          },
        },
      },
    };
    await this.#kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(vm) });
    return this.until(({ printableStatus }) => printableStatus === 'Running', 120_000);
  }

  /** Waits for what the machine's objects say, without polling. @throws with what they say in the end. */
  async until(holds: (view: MachineView) => boolean, timeoutMs: number): Promise<MachineView> {
    let last: MachineView | undefined;
    const describe = () => `the machine is not as awaited: ${JSON.stringify(last)}`;
    const deadline = Date.now() + timeoutMs;
    await this.#kubectl.watchUntil('VirtualMachine', { name: this.name }, (found) => found.size > 0, {
      timeoutMs,
      describe,
    });
    while (Date.now() < deadline) {
      last = await this.view();
      if (holds(last)) return last;
      await this.#change(last, deadline - Date.now(), describe);
    }
    throw new Error(`after ${timeoutMs / 1000} s: ${describe()}`);
  }

  /** The objects as they are now. */
  async view(): Promise<MachineView> {
    const read = async (kind: string): Promise<(KubernetesObject & { status?: Status }) | undefined> => {
      const { stdout } = await this.#kubectl.try(['get', kind, this.name, '-o', 'json', '--ignore-not-found']);
      return stdout ? (JSON.parse(stdout) as KubernetesObject & { status?: Status }) : undefined;
    };
    const [vm, vmi] = [await read('vm'), await read('vmi')];
    return {
      uid: vmi?.metadata.uid ?? '',
      nodeName: vmi?.status?.nodeName ?? '',
      printableStatus: vm?.status?.printableStatus ?? '',
      readyReason: vmi?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? '',
    };
  }

  /** Waits until the VM's own status says something else: it mirrors what matters of its instance. */
  async #change(from: MachineView, timeoutMs: number, describe: () => string): Promise<void> {
    let seen = 0;
    await this.#kubectl.watchUntil(
      'VirtualMachine',
      { name: this.name },
      (found) => {
        seen++;
        const status = found.get(this.name)?.['status'] as Status | undefined;
        return seen > 1 || (status?.printableStatus ?? '') !== from.printableStatus;
      },
      { timeoutMs: Math.max(1, timeoutMs), describe },
    );
  }

  async delete(): Promise<void> {
    await this.#kubectl.try(['delete', 'vm', this.name, '--wait=true', '--timeout=60s'], { timeoutMs: 70_000 });
  }
}
