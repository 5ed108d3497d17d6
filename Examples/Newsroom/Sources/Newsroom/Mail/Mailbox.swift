/// Someone's name and address, as in a letter's `From` and `To`.
struct Mailbox: Sendable, Equatable {
  let name: String
  let address: String

  init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  init(_ subscriber: Subscriber) {
    self.init(name: subscriber.name, address: subscriber.address)
  }

  var domain: String {
    address.lastIndex(of: "@").map { String(address[address.index(after: $0)...]) } ?? address
  }
}
