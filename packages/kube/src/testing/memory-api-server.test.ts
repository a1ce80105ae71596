import { afterAll, beforeAll } from '@jest/globals';
import type { KubeClient } from '../client.ts';
import { apiContract } from './api-contract.ts';
import { MemoryApiServer } from './memory-api-server.ts';

let server: MemoryApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await MemoryApiServer.start();
  client = server.client();
});
afterAll(async () => {
  await client.close();
  await server.close();
});

apiContract(() => client);
