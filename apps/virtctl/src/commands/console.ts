import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { WebSocket } from 'ws';
import type { GlobalOptions } from '../global-options.ts';
import { withSession, type Session } from '../session.ts';
import { openStream, StreamRefused } from '../stream.ts';
import { SUBRESOURCES } from '../subresources.ts';
import { runTerminalSession, type SessionEnd, type Terminal } from '../terminal-session.ts';

const RETRY_INTERVAL_MS = 1_000;

/** `console VMI`. */
export function consoleCommand(program: Command): void {
  program
    .command('console <vmi>')
    .description('connect to the serial console of a running virtual machine; leave with Ctrl+]')
    .option('--timeout <minutes>', 'how long to wait for the virtual machine to run', parseMinutes, 5)
    .action(async (vmi: string, options: { timeout: number }, command: Command) => {
      const end = await withSession(command.optsWithGlobals<GlobalOptions>(), (session) =>
        runConsole(session, vmi, options.timeout, { input: process.stdin, output: process.stdout }),
      );
      report(end, vmi);
    });
}

async function runConsole(
  session: Session,
  vmi: string,
  timeoutMinutes: number,
  terminal: Terminal,
): Promise<SessionEnd> {
  const path = `${SUBRESOURCES}/namespaces/${encodeURIComponent(session.namespace)}/virtualmachineinstances/${encodeURIComponent(vmi)}/console`;
  const socket = await whenRunning(() => openStream(session.login, path), timeoutMinutes * 60_000);
  console.error(`Connected to the console of ${vmi}. Leave with Ctrl+].`);
  return runTerminalSession(socket, terminal);
}

/** The API says 400, and only that, for a guest that does not run yet: then it is asked again. */
async function whenRunning(open: () => Promise<WebSocket>, timeoutMs: number): Promise<WebSocket> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isEarly = error instanceof StreamRefused && error.status === 400;
      if (!isEarly || performance.now() > deadline) throw error;
    }
    await sleep(RETRY_INTERVAL_MS);
  }
}

function report(end: SessionEnd, vmi: string): void {
  if (end.by === 'user') return;
  if (end.by === 'guest') {
    console.error(`\nThe console of ${vmi} was closed: the guest has ended.`);
    return;
  }
  throw new Error(
    `lost the connection to the console of ${vmi}${end.reason ? `: ${end.reason}` : ''}; another console session may have taken over, or the guest moved or ended`,
  );
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!Number.isFinite(minutes) || minutes < 0) throw new InvalidArgumentError('it must be a number of minutes');
  return minutes;
}
