import { strict as assert } from 'node:assert';
import { ConsoleSession, type Exchange } from '../src/console-session.ts';
import { readGuestBoot, type GuestBoot } from '../src/guest-boot.ts';
import { guestMachine } from '../src/guest-machine.ts';
import type { Kubectl } from '../src/kubectl.ts';

/** The time within which a machine's status must be right after a fault is over. */
const RECOVERY_MS = 60_000;
/** What the guest writes to its own disk: more than its image file has had by then. */
const WRITE = 'dd if=/dev/zero of=/dev/vdb bs=1M count=32 conv=fsync';

type Condition = { type: string; status: string; reason?: string };
type Status = { ready?: boolean; printableStatus?: string; conditions?: Condition[] };

/** A machine that must run through everything: the same boot, an uptime that never drops. */
export class SteadyGuest {
  readonly #kubectl: Kubectl;
  readonly #kubeconfigPath: string;
  readonly #name = 'steady';
  #last: GuestBoot = { bootId: '', uptimeSeconds: 0 };

  constructor(kubectl: Kubectl, kubeconfigPath: string) {
    this.#kubectl = kubectl;
    this.#kubeconfigPath = kubeconfigPath;
  }

  /** Boots it. */
  async start(guestImage: string): Promise<void> {
    const vm = guestMachine(this.#name, guestImage, { terminationGracePeriodSeconds: 10, emptyDisk: '256Mi' });
    await this.#kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(vm) });
    await this.statusIsRight(180_000);
    this.#last = await this.#onConsole(readGuestBoot);
  }

  /** The guest has run on since it was asked last. @throws AssertionError that says what is not so. */
  async ranOn(): Promise<void> {
    await this.statusIsRight();
    const { bootId, uptimeSeconds } = await this.#onConsole(readGuestBoot);
    assert.equal(bootId, this.#last.bootId, 'the guest was booted anew');
    const before = this.#last.uptimeSeconds;
    assert.ok(uptimeSeconds >= before, `uptime fell from ${before} to ${uptimeSeconds} s`);
    this.#last = { bootId, uptimeSeconds };
  }

  /** Waits until the machine says that it runs, and nothing else. @throws Error when it does not in time. */
  statusIsRight(timeoutMs = RECOVERY_MS): Promise<void> {
    const isRight = ({ ready, printableStatus }: Status): boolean => ready === true && printableStatus === 'Running';
    return this.#until('VirtualMachine', isRight, 'Running and ready', timeoutMs);
  }

  /** Lets the guest write to its disk, for as long as that may take. */
  async write(): Promise<void> {
    const send = `rm -f /tmp/written; (${WRITE} && touch /tmp/written) >/dev/null 2>&1 & echo be""gun`;
    await this.#type({ send, expect: 'begun' });
  }

  /** Waits until the machine says that a failed disk stopped it. */
  standsStill(): Promise<void> {
    const stopped = ({ conditions = [] }: Status): boolean =>
      conditions.some(
        ({ type, status, reason }) => type === 'Paused' && status === 'True' && reason === 'PausedIOError',
      );
    return this.#until('VirtualMachineInstance', stopped, 'paused with reason PausedIOError', RECOVERY_MS);
  }

  /** What the guest was let write is on its disk, without an error. */
  async hasWritten(): Promise<void> {
    const wait =
      'for i in $(seq 60); do [ -e /tmp/written ] && break; sleep 1; done; ls /tmp/written && echo written=$?';
    await this.#type({ send: wait, expect: 'written=0', timeoutMs: 90_000 });
  }

  async #until(kind: string, holds: (status: Status) => boolean, what: string, timeoutMs: number): Promise<void> {
    let last: Status = {};
    await this.#kubectl.watchUntil(
      kind,
      { name: this.#name },
      (found) => {
        last = (found.get(this.#name)?.['status'] as Status | undefined) ?? {};
        return holds(last);
      },
      { timeoutMs, describe: () => `${kind} ${this.#name} is not ${what}: ${JSON.stringify(last)}` },
    );
  }

  #type(...exchanges: Exchange[]): Promise<void> {
    return this.#onConsole(async (session) => {
      await readGuestBoot(session); // whoever is logged in by then
      await session.run(exchanges);
    });
  }

  async #onConsole<Answer>(work: (session: ConsoleSession) => Promise<Answer>): Promise<Answer> {
    const { namespace = '' } = this.#kubectl;
    const session = await ConsoleSession.open(this.#kubeconfigPath, namespace, this.#name, 120_000);
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }
}
