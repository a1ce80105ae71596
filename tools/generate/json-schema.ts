/** What JSON Schema and Kubernetes' structural schemas say of a value in the same words. */
export interface SchemaLimits {
  description?: string;
  enum?: string[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  default?: unknown;
  /** In our JSON Schema the tag `@nullable`: null may stand for the value. */
  nullable?: boolean;
}

/** The subset of JSON Schema that our interfaces turn into, with our own JSDoc tags as keywords. */
export interface JsonSchema extends SchemaLimits {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  const?: string;
  not?: JsonSchema;
  /** `@enforced`: the listed values are the only ones; without it they are known ones and any text passes. */
  enforced?: boolean;
  /** `@nullableItems`: null may stand for an item. */
  nullableItems?: boolean;
  /** `@preserveUnknownFields`: unknown fields are stored as they come. */
  preserveUnknownFields?: boolean;
  /** `@listType atomic|set|map` and `@listMapKeys a, b`: how server-side apply merges the list. */
  listType?: 'atomic' | 'set' | 'map';
  listMapKeys?: string;
  /** `@mapType atomic|granular`. */
  mapType?: 'atomic' | 'granular';
  /** `@rules [{rule, message}]`: CEL rules that the API server runs. */
  rules?: CelRule[];
}

/** A rule in CEL over `self` and `oldSelf`, and what to tell who breaks it. */
export interface CelRule {
  rule: string;
  message: string;
}

/** Every exported type that a kind reaches, by name. */
export type Definitions = Readonly<Record<string, JsonSchema>>;
