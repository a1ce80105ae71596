import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute } from './execute.ts';
import { SHARE_FOLDER } from '../initramfs.ts';
import type { NodeConfig } from '../node-config.ts';

const LOGIN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const HEALTH_URL = 'http://127.0.0.1:8080';

/** virt-handler's process, as its pod runs it: root, the node's /dev at /host/dev, its own service account. */
export class VirtHandler {
  readonly #config: NodeConfig;
  #child: ChildProcess | undefined;
  #capabilities: Promise<void> | undefined;

  constructor(config: NodeConfig) {
    this.#config = config;
  }

  /** Starts it anew and resolves when it is ready. @throws Error when it ends or that takes too long. */
  async start(args: readonly string[], timeoutMs: number): Promise<{ readyMs: number }> {
    await this.stop('SIGKILL');
    await (this.#capabilities ??= this.#askCapabilities());
    const { virtHandler, namespace, nodeName, apiServer } = this.#config;
    const login = `${SHARE_FOLDER}/logins/virt-handler`;
    const inPod = [
      `mount --bind ${login} ${LOGIN_FOLDER}`,
      'mkdir -p /host/dev /capabilities /var/run/cdi',
      'mount --rbind /dev /host/dev',
      'exec "$@"',
    ].join(' && ');
    const log = openSync(`${SHARE_FOLDER}/virt-handler.log`, 'a');
    const began = performance.now();
    const program = [virtHandler.nodePath, ...virtHandler.entryArguments, virtHandler.bundlePath];
    const child = spawn(
      'unshare',
      ['--mount', '--propagation=slave', 'sh', '-c', inPod, 'sh', ...program, ...virtHandler.args, ...args],
      {
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env['PATH'],
          HOME: '/run',
          NODE_NAME: nodeName,
          POD_NAME: virtHandler.podName,
          POD_NAMESPACE: namespace,
          POD_IP: '10.0.2.15',
          KUBERNETES_SERVICE_HOST: apiServer.host,
          KUBERNETES_SERVICE_PORT: apiServer.port,
        },
      },
    );
    closeSync(log);
    this.#child = child;
    while (!(await isReady())) {
      const tookMs = performance.now() - began;
      if (child.exitCode !== null) throw new Error(`virt-handler ended with ${child.exitCode}: see virt-handler.log`);
      if (tookMs > timeoutMs) throw new Error(`virt-handler is not ready after ${timeoutMs / 1000} s`);
      await sleep(100);
    }
    return { readyMs: Math.round(performance.now() - began) };
  }

  /** Its pod's init container, unless it has answered before. */
  async #askCapabilities(): Promise<void> {
    const { nodePath, bundlePath, capabilitiesPath } = this.#config.launcherImage;
    const folder = `${capabilitiesPath}/node`;
    mkdirSync('/capabilities', { recursive: true });
    const answer = existsSync(folder)
      ? await execute(['cp', '-r', `${folder}/.`, '/capabilities'], 10_000)
      : await execute([nodePath, bundlePath, 'node-capabilities', '/capabilities'], 120_000);
    if (answer.exitCode !== 0) throw new Error(`node-capabilities ended with ${answer.exitCode}: ${answer.stderr}`);
    if (!existsSync(folder)) await execute(['cp', '-r', '/capabilities', folder], 10_000);
  }

  /** Ends it, if it runs, and waits until it is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }
}

async function isReady(): Promise<boolean> {
  const response = await fetch(`${HEALTH_URL}/readyz`).catch(() => undefined);
  return response?.ok ?? false;
}

/** virt-handler's metrics in Prometheus' text format. */
export async function handlerMetrics(): Promise<string> {
  const response = await fetch(`${HEALTH_URL}/metrics`);
  return response.text();
}
