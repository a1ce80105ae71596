import { randomUUID } from 'node:crypto';
import { apiContract } from '../api-contract.ts';
import { MACHINE_RULES } from '../machines.ts';
import { objectContract } from '../object-contract.ts';
import { MemoryApi } from './memory-api.ts';
import { memoryClient } from './memory-client.ts';

const api = new MemoryApi({ now: () => new Date(), newUid: randomUUID, rules: MACHINE_RULES });
const client = memoryClient(api);

apiContract(() => client);
objectContract(() => client);
