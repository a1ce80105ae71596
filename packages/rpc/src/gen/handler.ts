// Generated from protos/quickvirt/handler/v1/handler.proto by `npm run generate`. Do not edit.

export type HandlerService = {
  /**
   * The serial console of a VMI on this node. The first message names it; later ones carry data. The first response
   * carries none: the console is open.
   */
  console: { request: ConsoleRequest; response: ConsoleResponse; kind: 'stream-stream' };
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

export interface ConsoleResponse {
  data: Buffer;
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"quickvirt":{"nested":{"handler":{"nested":{"v1":{"nested":{"HandlerService":{"methods":{"Console":{"requestType":"ConsoleRequest","requestStream":true,"responseType":"ConsoleResponse","responseStream":true}}},"ConsoleRequest":{"oneofs":{"message":{"oneof":["open","data"]}},"fields":{"open":{"type":"VmiReference","id":1},"data":{"type":"bytes","id":2}}},"VmiReference":{"fields":{"namespace":{"type":"string","id":1},"name":{"type":"string","id":2},"uid":{"type":"string","id":3}}},"ConsoleResponse":{"fields":{"data":{"type":"bytes","id":1}}}}}}}}}}};

