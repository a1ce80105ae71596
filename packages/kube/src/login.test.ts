import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from './client.ts';
import { configMaps } from './core-types.ts';
import { CredentialsError } from './errors.ts';
import { findLogin } from './login.ts';
import { MemoryApiServer } from './testing/memory-api-server.ts';

let server: MemoryApiServer;
let directory: string;
let seen: (string | undefined)[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'login-'));
  server = await MemoryApiServer.start();
  seen = [];
  server.intercept = (request) => {
    seen.push(request.headers.authorization);
    return false;
  };
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** Writes a kubeconfig (JSON is YAML) and lists once with it. */
async function listAs(user: object, options: { cluster?: object; context?: string } = {}): Promise<KubeClient> {
  const kubeconfig = join(directory, 'config');
  const file = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: server.url.origin, 'insecure-skip-tls-verify': true, ...options.cluster } },
    ],
    users: [{ name: 'u', user }],
    contexts: [
      { name: 'main', context: { cluster: 'c', user: 'u', namespace: 'here' } },
      { name: 'bad', context: { cluster: 'none', user: 'u' } },
    ],
    'current-context': 'main',
  };
  await writeFile(kubeconfig, JSON.stringify(file));
  const client = await KubeClient.load({ kubeconfig, ...(options.context && { context: options.context }) });
  await client.list(configMaps);
  await client.close();
  return client;
}

describe('a kubeconfig', () => {
  test('with a token', async () => {
    const client = await listAs({ token: 'abc' });
    expect(seen).toEqual(['Bearer abc']);
    expect(client.namespace).toBe('here');
  });

  test('with a password', async () => {
    await listAs({ username: 'jane', password: 'secret' });
    expect(seen).toEqual([`Basic ${Buffer.from('jane:secret').toString('base64')}`]);
  });

  test('with an exec plugin', async () => {
    const plugin = join(directory, 'plugin');
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-exec' },
    };
    await writeFile(plugin, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
    await chmod(plugin, 0o700);
    await listAs({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' },
    });
    expect(seen).toEqual(['Bearer from-exec']);
  });

  test('whose exec plugin fails: a CredentialsError, and nothing is sent', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/false', interactiveMode: 'Never' };
    await expect(listAs({ exec })).rejects.toBeInstanceOf(CredentialsError);
    expect(seen).toEqual([]);
  });

  test('whose context names no cluster says so', async () => {
    await expect(listAs({}, { context: 'bad' })).rejects.toThrow('context "bad" names no cluster');
  });

  test('behind a proxy', async () => {
    const targets: (string | undefined)[] = [];
    // A plain HTTP target is asked for by its whole URL (RFC 9112, absolute-form).
    const proxy = createServer((inward, answer) => {
      targets.push(inward.url);
      const outward = request(new URL(inward.url ?? ''), { method: inward.method, headers: inward.headers }, (from) => {
        answer.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(answer);
      });
      inward.pipe(outward);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      await listAs({ token: 'abc' }, { cluster: { 'proxy-url': address } });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
    expect(targets).toEqual([`${server.url.origin}/api/v1/configmaps?limit=500`]);
    expect(seen).toEqual(['Bearer abc']);
  });
});

test('no login at all says what was looked for', async () => {
  await expect(findLogin({}, { HOME: directory })).rejects.toThrow('set KUBECONFIG');
});
