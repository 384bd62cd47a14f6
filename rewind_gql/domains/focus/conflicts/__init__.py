"""Sessions that cannot all be true: `detect` finds them, `resolve` settles and unsettles them.

`rules` judges two sessions, `groups` what hangs together, `plans` what a resolution makes of it;
these three know no database. `variants` is about one session told in two ways, `words` says each
kind of conflict to a person.
"""
