import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

/** A process of a test or benchmark, and where its output goes. */
export interface LaunchedProcess {
  child: ChildProcess;
  logPath: string;
}

/** Starts a process that ends with ours, however ours ends, where util-linux' setpriv is there to arrange for it. */
export function launchProcess(
  program: string,
  logPath: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): LaunchedProcess {
  const log = openSync(logPath, 'w');
  const bound = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];
  const [first = program, ...rest] = [...bound, program, ...args];
  const child = spawn(first, rest, { stdio: ['ignore', log, log], env });
  closeSync(log);
  child.once('error', (error) => writeFileSync(logPath, `${program}: ${error.message}\n`));
  return { child, logPath };
}

/** Ends it at once and waits until it is gone; nothing if it is. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL'); // it holds nothing that outlives the test
  await closed;
}

/**
 * Free ports of the loopback address; all at once, so that no two are the same. Another process may take one before it
 * is used; then its user's start fails.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The last 15 lines of a log; empty if there is none. */
export function lastLines(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').slice(-15).join('\n') : '';
}
