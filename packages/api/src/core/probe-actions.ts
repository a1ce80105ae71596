import type { IntOrString } from '../scalars.ts';

export type URIScheme = 'HTTP' | 'HTTPS';

export interface ExecAction {
  /** @listType atomic */
  command?: string[];
}

export interface HTTPGetAction {
  host?: string;
  /** @listType atomic */
  httpHeaders?: HTTPHeader[];
  path?: string;
  port: IntOrString;
  scheme?: URIScheme;
}

export interface HTTPHeader {
  name: string;
  value: string;
}

export interface TCPSocketAction {
  host?: string;
  port: IntOrString;
}
