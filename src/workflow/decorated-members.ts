/**
 * A decorator of methods in both modes of TypeScript: standard, and `experimentalDecorators`. It only takes note; the method stays as it is.
 * @typeParam Allowed what the method has to be.
 */
export interface MethodDecorator<Allowed> {
  /** Standard. */
  <This>(method: Allowed, context: ClassMethodDecoratorContext<This>): void;
  /** With `experimentalDecorators`. */
  <Method extends Allowed>(prototype: object, name: string, descriptor: TypedPropertyDescriptor<Method>): void;
}

/** The methods of instances that a decorator has taken note of, each with what it was given. */
export class DecoratedMembers<Note> {
  readonly #decorator: string;
  /** By instance (standard mode) or prototype (`experimentalDecorators`). */
  readonly #notes = new WeakMap<object, Map<string, Note>>();

  /** @param decorator its name, for errors. */
  constructor(decorator: string) {
    this.#decorator = decorator;
  }

  /**
   * Makes the decorator that takes this note. In both modes it lets others wrap the method: what counts is its name.
   * @throws TypeError when it decorates what is not a public method of instances.
   */
  note<Allowed>(note: Note): MethodDecorator<Allowed> {
    const add = this.#add.bind(this);
    const decorator = this.#decorator;
    return function decorate(target: unknown, context: unknown): void {
      if (typeof context !== 'object' || context === null) {
        if (typeof target === 'function') throw misplaced(decorator, 'a static method');
        return add(target as object, context, note);
      }
      const {
        kind,
        name,
        static: isStatic,
        private: isPrivate,
        addInitializer,
      } = context as ClassMethodDecoratorContext;
      if (kind !== 'method') throw misplaced(decorator, `a ${String(kind)}`);
      if (isStatic || isPrivate) throw misplaced(decorator, `a ${isStatic ? 'static' : 'private'} method`);
      addInitializer.call(context, function initialise(this: unknown) {
        add(this as object, name, note);
      });
    };
  }

  /** The decorated methods of an instance, those of the classes that it extends included. */
  of(instance: object): ReadonlyMap<string, Note> {
    const found = new Map<string, Note>();
    for (let each: object | null = instance; each !== null; each = Object.getPrototypeOf(each) as object | null)
      for (const [name, note] of this.#notes.get(each) ?? []) if (!found.has(name)) found.set(name, note);
    return found;
  }

  #add(owner: object, name: unknown, note: Note): void {
    if (typeof name !== 'string') throw misplaced(this.#decorator, 'a method whose name is a symbol');
    const notes = this.#notes.get(owner) ?? new Map<string, Note>();
    notes.set(name, note);
    this.#notes.set(owner, notes);
  }
}

function misplaced(decorator: string, place: string): TypeError {
  return new TypeError(`@${decorator}() can't be on ${place}: it belongs on a public method of instances.`);
}
