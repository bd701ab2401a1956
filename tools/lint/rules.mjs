// Own rules of the linter (an oxlint plug-in).

/**
 * Like max-lines-per-function, but lines of functions nested inside do not count for the outer one: a `createX(deps)` factory
 * may hold many short functions, none of them a long one. Blank lines and comments do not count either.
 */
const maxOwnLines = {
  meta: {
    schema: [
      {
        type: "object",
        properties: { max: { type: "integer", minimum: 1 } },
        required: ["max"],
        additionalProperties: false,
      },
    ],
  },
  create(context) {
    const [{ max }] = context.options;
    const open = [];
    const enter = () => open.push({ nested: 0 });
    const leave = (node) => {
      const { nested } = open.pop();
      const all = countCode(context.sourceCode.getText(node));
      const outer = open.at(-1);
      // The first and last line of a nested function belong to the outer one as well: it must say that there is a function.
      if (outer) outer.nested += Math.max(0, all - 2);
      if (all - nested <= max) return;
      context.report({
        node,
        message: `This function has ${all - nested} lines of its own; at most ${max} are allowed.`,
      });
    };
    return {
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      "FunctionDeclaration:exit": leave,
      "FunctionExpression:exit": leave,
      "ArrowFunctionExpression:exit": leave,
    };
  },
};

function countCode(text) {
  return text.split("\n").filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line)).length;
}

export default { meta: { name: "chiffon" }, rules: { "max-own-lines": maxOwnLines } };
