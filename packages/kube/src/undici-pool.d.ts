// undici's index loads its fetch, WebSocket, cache and mock parts as well: 14 MB of RSS more than these two alone. The
// index is also what hangs `request` on dispatchers, so it is called as a function here.
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';

  const pool: typeof Pool;
  export default pool;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}
