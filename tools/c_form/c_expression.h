// Expressions of a scenario as C writes them.
#ifndef KVM_MODEL_TOOLS_C_FORM_C_EXPRESSION_H_
#define KVM_MODEL_TOOLS_C_FORM_C_EXPRESSION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/scenario/ast.h"
#include "tools/scenario/call_table.h"
#include "tools/scenario/names.h"

namespace kvm_model::c_form {

// What the variables of an expression are in C: pointers are made numbers where C calculates.
enum class Variables : std::uint8_t { kNumbers, kPointers };

// "4 * page_size | KVM_MEM_READONLY", "(uintptr_t)map + 1"; names are those of the domain.
std::string CExpression(const scenario::Expression& expression, scenario::NameDomain domain,
                        const scenario::NameContext& names, Variables are = Variables::kNumbers);

// The same for the default of an argument, which is one number or name.
std::string CDefault(const scenario::ArgumentSpec& spec, const scenario::NameContext& names);

// The variable's name, with a '_' behind one that C or the form itself gives a meaning.
std::string CVariable(std::string_view name);

// Whether the expression needs no parentheses as an operand of '+'.
bool IsOneSum(const scenario::Expression& expression);

}  // namespace kvm_model::c_form

#endif  // KVM_MODEL_TOOLS_C_FORM_C_EXPRESSION_H_
