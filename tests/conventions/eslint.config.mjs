// The rules of @graphql-eslint that the schema is held to: every one of its schema and Relay sets,
// but for those below, each with its reason.

import graphql from "@graphql-eslint/eslint-plugin";

const OFF = {
  // Fields stand in the order in which people read them.
  alphabetize: "off",
  // Changes that name one thing take its id as an argument, as `cancelSync(runId:)` does; those that
  // say more take one `input`. Both kinds carry `clientMutationId`.
  "input-name": "off",
  // Things are changed and followed here, too.
  "no-root-type": "off",
  // Not prefixes but the words for it: `Play.playedAt`, `Release.released`, `Watch.watchedAt`; and
  // names shared with REST, which has no type in front of them: `deviceId`, `mediaType`, `matchType`.
  "no-typename-prefix": "off",
  // `@deprecated` has no argument for a date; its reason names the day (docs/clients.md), which
  // tests/schema/test_deprecation.py checks.
  "require-deprecation-date": "off",
  // After a change clients read again what they need, by `node`.
  "require-field-of-type-query-in-mutation-result": "off",
  // The roots group what is asked for, and a payload names its own errors: neither fails alone.
  "require-nullable-result-in-root": "off",
  // What has an identity implements Node (tests/schema/test_schema.py); numbers and parts have none.
  "strict-id-in-types": "off",
};

const RELAY = {
  // A short list that is whole is a plain list; places in a chart are items without an id.
  "relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
};

const named = (rules) =>
  Object.fromEntries(Object.entries(rules).map(([name, is]) => [`@graphql-eslint/${name}`, is]));

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "./schema.graphql" } },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-all"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      ...named(OFF),
      ...named(RELAY),
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          DirectiveDefinition: true,
          EnumValueDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          rootField: true,
        },
      ],
    },
  },
];
