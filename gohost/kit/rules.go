package kit

import (
	"errors"

	"example.org/compute-pipeline/gohost/sandbox"
)

// Rule is a rule of the contract or the ABI, with where it is written.
type Rule struct {
	// Text is a sentence, and See a file of this project with the section, or an address.
	Text string `json:"text"`
	See  string `json:"see"`
}

const (
	canonicalABI = "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md"
	contractDoc  = "docs/contract.md"
	everywhere   = contractDoc + "#every-function"
	checkDoc     = "docs/check.md"
	limitsDoc    = "docs/plugins.md#limits"
)

// Rules of the checks.
var (
	ruleContract = Rule{"A module exports every function of the contract, and imports only what the contract or a grant has.", checkDoc + "#contract"}
	ruleClaim    = Rule{"A module claims one grade, exact or stable.", contractDoc}
	ruleRealloc  = Rule{"cabi_realloc returns memory that is aligned, within bounds and used by nothing else, and keeps the contents of what it moves.", canonicalABI + "#canonopt"}
	ruleAnswers  = Rule{"Every function returns what the contract says.", contractDoc}
	ruleABI      = Rule{"Pointers are aligned and within memory, strings are UTF-8, cases and characters exist.", canonicalABI}
	ruleReuse    = Rule{"A call leaves nothing behind that changes the next one, whether it succeeds or fails.", checkDoc + "#calls"}
	ruleSame     = Rule{"The same arguments give the same answer, in every instance and on every runtime.", checkDoc + "#calls"}
	ruleGrowth   = Rule{"Memory may grow in a call, up to the limit, and the call still returns what it must.", checkDoc + "#memory"}
	ruleReturns  = Rule{"A module is judged by what its functions return: one whose functions never do has shown nothing.", checkDoc + "#the-verdict"}
	ruleLeaks    = Rule{"What a call allocates is freed by the end of its post-return, so that memory stays bounded over any number of calls.", checkDoc + "#memory"}
)

// Rules of failures of their own.
var (
	ruleTrap    = Rule{"Only process-batch traps, for a length that is not a multiple of 16. Errors that a caller can cause are errors of the WIT result.", everywhere}
	ruleLimits  = Rule{"A module stays within the limits of modules: of size, of code, and of memory at the start.", limitsDoc}
	ruleMemory  = Rule{"An instance stays within its memory.", limitsDoc}
	ruleHandles = Rule{"A module drops the handles that it owns, so that their number stays bounded over any number of calls, and its destructors return.", checkDoc + "#resources"}
	ruleTime    = Rule{"A call ends within its fuel, and all checks within their time.", checkDoc + "#limits"}
)

// ruleOf returns the rule that a call broke by its error, or the zero rule if the check
// knows better.
func (c *checker) ruleOf(err error) Rule {
	limit := (*sandbox.LimitError)(nil)
	switch {
	case errors.As(err, &limit) && (limit.Which == sandbox.LimitFuel || limit.Which == sandbox.LimitTime):
		return ruleTime
	case errors.Is(err, sandbox.ErrLimit):
		return ruleMemory
	case errors.Is(err, sandbox.ErrABI):
		return ruleABI
	case c.own && errors.Is(err, sandbox.ErrTrap):
		return ruleTrap
	}
	return Rule{}
}

// written returns a rule of a check, as it is written for the contract.
func (c *checker) written(rule Rule) Rule {
	switch {
	case c.own && rule.See == checkDoc+"#calls":
		rule.See = everywhere
	case !c.own && rule == ruleAnswers:
		rule = Rule{"Every function returns what the vectors say.", "docs/vectors.md"}
	}
	return rule
}
