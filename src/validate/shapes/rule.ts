import type { ElementType } from '../../onnx/model.ts';
import { Contradiction, contradictionAt } from './contradiction.ts';
import { followable } from './elements.ts';
import { type Element, type Fact, type Sizes, tensor, tensorOfUnknownShape } from './fact.ts';
import { NoAnswer } from './no-answer.ts';
import type { NodeContext } from './node-context.ts';

/** What an operator's outputs are, from its inputs and attributes. May throw `NoAnswer` and `Contradiction`. */
export type Rule = (context: NodeContext) => readonly Fact[];

/** A rule, or the rules by the version of the operator set from which each holds. */
export type Entry = Rule | Readonly<Record<number, Rule>>;

/** The operators of one domain. */
export type RuleTable = Readonly<Record<string, Entry>>;

export type TypeOf = (context: NodeContext) => ElementType;
export type ShapeOf = (context: NodeContext) => Sizes;
export type ElementsOf = (context: NodeContext, shape: Sizes) => readonly Element[] | null;

/** A rule for one output that is a tensor; its values are followed where `elements` is given and they are few. */
export function output(type: TypeOf, shape: ShapeOf, elements?: ElementsOf): Rule {
  return (context) => {
    const elementType = type(context);
    return answered(context, [elementType], () => {
      const sizes = shape(context);
      return [
        tensor(
          elementType,
          sizes,
          elements && followable(sizes) ? knownElements(() => elements(context, sizes)) : null,
        ),
      ];
    });
  };
}

/** A rule for several outputs that are tensors, whose shapes are found together. Outputs past the list have the last type. */
export function outputs(types: readonly TypeOf[], shapes: (context: NodeContext) => readonly Sizes[]): Rule {
  return (context) => {
    const elementTypes = Array.from({ length: context.outputCount }, (_, index) =>
      (types[index] ?? types.at(-1))?.(context),
    );
    return answered(context, elementTypes, () =>
      shapes(context).map((shape, index) => tensor(elementTypes[index] ?? 'undefined', shape)),
    );
  };
}

/** The type of an input. */
export function typeOf(input: number): TypeOf {
  return (context) => context.elementType(input);
}

export function always(type: ElementType): TypeOf {
  return () => type;
}

export function shapeOf(input: number): ShapeOf {
  return (context) => context.shape(input);
}

function knownElements(follow: () => readonly Element[] | null): readonly Element[] | null {
  try {
    return follow();
  } catch (error) {
    if (error instanceof NoAnswer) return null;
    throw error;
  }
}

/** Where the shapes cannot be told the element types still can. */
function answered(
  context: NodeContext,
  types: readonly (ElementType | undefined)[],
  answer: () => readonly Fact[],
): readonly Fact[] {
  try {
    return answer();
  } catch (error) {
    const reason = reasonOfFailure(context, error);
    return types.map((type) => tensorOfUnknownShape(type ?? 'undefined', reason));
  }
}

/** Why a rule gave no answer, a contradiction reported; anything else thrown is a defect and goes on. */
export function reasonOfFailure(context: NodeContext, error: unknown): string {
  if (error instanceof NoAnswer) return error.message;
  if (!(error instanceof Contradiction)) throw error;
  context.report(error);
  return contradictionAt(context.node);
}
