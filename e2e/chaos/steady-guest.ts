import { strict as assert } from 'node:assert';
import { ConsoleSession } from '../src/console-session.ts';
import { guestMachine } from '../src/guest-machine.ts';
import type { Kubectl } from '../src/kubectl.ts';

/** The time within which a machine's status must be right after a fault is over. */
const RECOVERY_MS = 60_000;

/** A machine that must run through everything: the same boot, an uptime that never drops. */
export class SteadyGuest {
  readonly #kubectl: Kubectl;
  readonly #kubeconfigPath: string;
  readonly #name = 'steady';
  #bootId = '';
  #uptimeSeconds = 0;

  constructor(kubectl: Kubectl, kubeconfigPath: string) {
    this.#kubectl = kubectl;
    this.#kubeconfigPath = kubeconfigPath;
  }

  /** Boots it. */
  async start(guestImage: string): Promise<void> {
    const vm = guestMachine(this.#name, guestImage, 10);
    await this.#kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(vm) });
    await this.#isReady(180_000);
    const session = await this.#console();
    try {
      await session.run([
        { send: '', expect: 'login: ?|# ', timeoutMs: 120_000 },
        { send: 'root', expect: '# ', timeoutMs: 30_000 },
      ]);
    } finally {
      session.close();
    }
    const { bootId, uptimeSeconds } = await this.#ask();
    this.#bootId = bootId;
    this.#uptimeSeconds = uptimeSeconds;
  }

  /** Its status is right within a minute, and the guest has run on. @throws AssertionError that says what is not so. */
  async ranOn(): Promise<void> {
    await this.#isReady(RECOVERY_MS);
    const { bootId, uptimeSeconds } = await this.#ask();
    assert.equal(bootId, this.#bootId, 'the guest was booted anew');
    assert.ok(uptimeSeconds >= this.#uptimeSeconds, `uptime fell from ${this.#uptimeSeconds} to ${uptimeSeconds} s`);
    this.#uptimeSeconds = uptimeSeconds;
    const phase = await this.#kubectl.run(['get', 'vmi', this.#name, '-o', 'jsonpath={.status.phase}']);
    assert.equal(phase, 'Running');
  }

  async #isReady(timeoutMs: number): Promise<void> {
    await this.#kubectl.watchUntil(
      'VirtualMachine',
      { name: this.#name },
      (found) => {
        const { status } = (found.get(this.#name) ?? {}) as { status?: { ready?: boolean; printableStatus?: string } };
        return status?.ready === true && status.printableStatus === 'Running';
      },
      { timeoutMs, describe: () => `VirtualMachine ${this.#name} is not Running and ready` },
    );
  }

  #console(): Promise<ConsoleSession> {
    return ConsoleSession.open(this.#kubeconfigPath, this.#kubectl.namespace ?? '', this.#name, 120_000);
  }

  async #ask(): Promise<{ bootId: string; uptimeSeconds: number }> {
    const session = await this.#console();
    const command = 'echo at=$(cut -d. -f1 /proc/uptime) boot=$(cat /proc/sys/kernel/random/boot_id)';
    try {
      const { uptime = '', bootId = '' } = await session.run([
        { send: command, expect: 'at=([0-9]+) ', saveAs: 'uptime', timeoutMs: 60_000 },
        { expect: 'boot=([0-9a-f-]{36})', saveAs: 'bootId', timeoutMs: 60_000 },
      ]);
      return { bootId, uptimeSeconds: Number(uptime) };
    } finally {
      session.close();
    }
  }
}
