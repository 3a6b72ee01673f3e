/**
 * The API of Node-RED's editor, as far as the dialogs and the sidebar use it.
 *
 * `@types/node-red__editor-client` is not used: it lacks `comms.send`, `searchBox`, `autoComplete` and validators that return
 * a reason, and it brings the types of Node.js into code that runs in browsers.
 */

/** Values that a text of the catalogue has places for. */
export type TextValues = Readonly<Record<string, unknown>>;

/** A node in the editor. Its properties are beside these. */
export interface EditorNode {
  readonly id: string;
  readonly type: string;
  readonly _def: { readonly defaults: Readonly<Record<string, Property<never, unknown>>> };
  /** Text of the catalogue of the node. */
  _(key: string, values?: TextValues): string;
}

/** True, or what is wrong. */
export type Verdict = boolean | string | readonly string[];

export interface Property<This, Value> {
  readonly value: Value;
  /** Type of a config node; the property is its id. */
  readonly type?: string;
  readonly required?: boolean;
  readonly label?: string;
  readonly validate?: Validator<This>;
}

/** `options` is there if a reason can be shown. */
export type Validator<This> = (this: This, value: unknown, options?: object) => Verdict;

/** How a node with these properties is registered. */
export interface NodeDefinition<Properties extends object, This = EditorNode & Properties> {
  readonly category: string;
  readonly color?: string;
  readonly icon?: string;
  readonly defaults: { readonly [Name in keyof Properties]-?: Property<This, unknown> };
  readonly credentials?: Readonly<
    Record<string, { readonly type: 'text' | 'password'; readonly validate?: Validator<This> }>
  >;
  readonly inputs?: 0 | 1;
  readonly outputs?: number;
  readonly inputLabels?: (this: This, index: number) => string;
  readonly outputLabels?: (this: This, index: number) => string;
  readonly paletteLabel?: (this: This) => string;
  readonly label?: (this: This) => string;
  readonly labelStyle?: (this: This) => string;
  readonly oneditprepare?: (this: This) => void;
  readonly oneditsave?: (this: This) => void;
  readonly oneditcancel?: (this: This) => void;
  readonly oneditdelete?: (this: This) => void;
}

export interface Notification {
  readonly modal?: boolean;
  readonly fixed?: boolean;
  readonly type?: 'warning' | 'error';
  readonly buttons?: readonly { readonly text: string; readonly class?: string; readonly click: () => void }[];
}

export interface SidebarTab {
  readonly id: string;
  readonly label: string;
  readonly name: string;
  readonly iconClass: string;
  readonly content: HTMLElement;
  readonly action: string;
  readonly enableOnEdit: boolean;
}

interface Editor {
  /** Text of a catalogue: `<module>/<set>:<key>`. */
  _(key: string, values?: TextValues): string;
  readonly actions: { add(name: string, run: () => void): void };
  readonly clipboard: { copyText(text: string, beside: JQuery, direction: 'left' | 'right'): void };
  readonly comms: {
    subscribe(topic: string, listener: (topic: string, message: unknown) => void): void;
    send(topic: string, data: object): void;
    on(event: 'connect', listener: () => void): void;
    off(event: 'connect', listener: () => void): void;
  };
  readonly i18n: { lang(): string };
  readonly nodes: {
    registerType<Properties extends object>(type: string, definition: NodeDefinition<Properties>): void;
    /** A new id. */
    id(): string;
    /** The node; null if it is missing. */
    node(id: unknown): (EditorNode & Readonly<Record<string, unknown>>) | null;
    getType(type: string): Pick<EditorNode, '_'>;
  };
  notify(message: JQuery, options: Notification | 'error'): HTMLElement & { close(): void };
  readonly plugins: {
    registerPlugin(id: string, plugin: { readonly type: string; onadd(): void }): void;
  };
  readonly sidebar: { addTab(tab: SidebarTab): void; show(id: string): void };
  readonly user: { hasPermission(permission: string): boolean };
  readonly utils: {
    getNodeLabel(node: EditorNode): string;
    /** Makes markup harmless. */
    sanitize(text: string): string;
  };
  readonly validators: { typedInput(typeProperty: string): Validator<object> };
  /** What the pages share: set by the first of them. */
  goip?: object;
}

export interface InputType {
  readonly value: string;
  readonly label?: string;
  readonly icon?: string;
  readonly default?: string;
  readonly hasValue?: boolean;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly validate?: (value: string) => true | string;
}

interface TypedInputOptions {
  readonly default: string;
  readonly types: readonly (string | InputType)[];
  readonly typeField?: string;
}

export interface Suggestion {
  readonly value: string;
  readonly label: JQuery;
}

interface EditableListOptions<Row> {
  readonly header: JQuery;
  readonly addButton: string;
  readonly height: 'auto';
  readonly sortable: boolean;
  readonly removable?: boolean;
  readonly scrollOnAdd?: boolean;
  readonly addItem: (container: JQuery, index: number, row: Row) => void;
  readonly removeItem?: () => void;
}

declare global {
  const RED: Editor;

  interface JQuery {
    typedInput(options: TypedInputOptions): this;
    typedInput(name: 'type' | 'value'): string;
    typedInput(name: 'type' | 'value', value: string): void;

    searchBox(options: { readonly style: 'compact'; readonly change: () => void }): this;
    searchBox(name: 'value'): string;
    searchBox(name: 'value' | 'count', value: string): void;

    autoComplete(options: {
      readonly search: (text: string) => readonly Suggestion[];
      readonly minLength: number;
    }): this;

    editableList<Row>(options: EditableListOptions<Row>): this;
    editableList(name: 'addItem', row: object): void;
    editableList(name: 'insertItemAt', row: object, index: number): void;
    editableList(name: 'getItem', item: JQuery): unknown;
  }
}
