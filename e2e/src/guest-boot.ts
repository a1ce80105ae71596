import type { ConsoleSession } from './console-session.ts';

/** Which start of a guest this is, and how long ago it was. */
export interface GuestBoot {
  /** A number that the guest's kernel draws at each boot: the same one means that the guest ran on. */
  bootId: string;
  uptimeSeconds: number;
}

/** Asks the suites' guest on its console; logs in where nobody has. */
export async function readGuestBoot(session: ConsoleSession): Promise<GuestBoot> {
  const ask = 'echo at=$(cut -d. -f1 /proc/uptime) boot=$(cat /proc/sys/kernel/random/boot_id)';
  const { uptime = '', bootId = '' } = await session.run([
    { send: '', expect: 'login: ?|# ', timeoutMs: 120_000 },
    { send: 'root', expect: '# ', timeoutMs: 30_000 },
    { send: ask, expect: 'at=([0-9]+) ', saveAs: 'uptime', timeoutMs: 60_000 },
    { expect: 'boot=([0-9a-f-]{36})', saveAs: 'bootId', timeoutMs: 60_000 },
  ]);
  return { bootId, uptimeSeconds: Number(uptime) };
}
