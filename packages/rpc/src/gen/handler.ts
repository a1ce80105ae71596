// Generated from protos/quickvirt/handler/v1/handler.proto by `npm run generate`. Do not edit.

export type HandlerService = {
  /**
   * The serial console of a VMI on this node. The first message names it; later ones carry data. The first response
   * carries none: the console is open.
   */
  console: { request: ConsoleRequest; response: ConsoleResponse; kind: 'stream-stream' };
  /** Stops the CPUs of a VMI's guest. NOT_FOUND when it is not on this node, FAILED_PRECONDITION when it does not run. */
  pause: { request: PauseRequest; response: PauseResponse; kind: 'unary-unary' };
  /** Lets them run again. Refused as Pause is. */
  unpause: { request: UnpauseRequest; response: UnpauseResponse; kind: 'unary-unary' };
};

export interface ConsoleRequest {
  open?: VmiReference;
  data?: Buffer;
}

export interface VmiReference {
  namespace: string;
  name: string;
  uid: string;
}

export interface PauseRequest {
  vmi: VmiReference | null;
}

export interface PauseResponse {
}

export interface UnpauseRequest {
  vmi: VmiReference | null;
}

export interface UnpauseResponse {
}

export interface ConsoleResponse {
  data: Buffer;
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"quickvirt":{"nested":{"handler":{"nested":{"v1":{"nested":{"HandlerService":{"methods":{"Console":{"requestType":"ConsoleRequest","requestStream":true,"responseType":"ConsoleResponse","responseStream":true},"Pause":{"requestType":"PauseRequest","responseType":"PauseResponse"},"Unpause":{"requestType":"UnpauseRequest","responseType":"UnpauseResponse"}}},"ConsoleRequest":{"oneofs":{"message":{"oneof":["open","data"]}},"fields":{"open":{"type":"VmiReference","id":1},"data":{"type":"bytes","id":2}}},"VmiReference":{"fields":{"namespace":{"type":"string","id":1},"name":{"type":"string","id":2},"uid":{"type":"string","id":3}}},"PauseRequest":{"fields":{"vmi":{"type":"VmiReference","id":1}}},"PauseResponse":{"fields":{}},"UnpauseRequest":{"fields":{"vmi":{"type":"VmiReference","id":1}}},"UnpauseResponse":{"fields":{}},"ConsoleResponse":{"fields":{"data":{"type":"bytes","id":1}}}}}}}}}}};

