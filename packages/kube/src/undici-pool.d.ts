// undici's index loads its fetch, WebSocket, cache and mock parts as well: 14 MB of RSS more than the pool alone.
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';

  const pool: typeof Pool;
  export default pool;
}
