// Calls that exercises are made of, drawn in the scenario language.
#ifndef KVM_MODEL_TOOLS_QUIZ_DRAWS_H_
#define KVM_MODEL_TOOLS_QUIZ_DRAWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/quiz/dice.h"

namespace kvm_model::quiz {

// Pages of an exercise's guest_memfd.
inline constexpr std::uint64_t kPages = 8;

// A call and what may be answered to it.
struct Question {
  std::string call;
  Words answers;
};

// "0", "3p".
std::string PageOf(std::uint64_t page);

// The world that the calls are made in: a VM and its guest_memfd, mapped by both sides.
std::vector<std::string> WorldOf(std::string_view vm_type, std::string_view flags);

// A conversion of any range, now and then beyond the end, in any mode or in the one that is given.
Question Conversion(Dice& dice);
Question ConversionIn(Dice& dice, std::string_view mode);
// What KVM_SET_MEMORY_ATTRIBUTES2 may answer.
Words ConversionAnswers();

Question HostRead(Dice& dice);
Question HostReadOf(std::uint64_t page);
// Of a page of the file, or of the one behind it, which no memslot has.
Question GuestRead(Dice& dice);
Question GuestReadOf(std::uint64_t page);
// One of the two.
Question Read(Dice& dice);
Question Hole(Dice& dice);

// A byte to a page, which is drawn where it isn't given.
std::string HostWrite(Dice& dice);
std::string HostWriteTo(Dice& dice, std::uint64_t page);
std::string GuestWrite(Dice& dice);
std::string GuestWriteTo(Dice& dice, std::uint64_t page);

}  // namespace kvm_model::quiz

#endif  // KVM_MODEL_TOOLS_QUIZ_DRAWS_H_
